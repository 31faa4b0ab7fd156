"""Where catalogs and journal lie: a port of a few methods, and its sides."""
