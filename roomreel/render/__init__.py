"""From a plan and media to one verified file. Runs in a process of its own."""
