"""Hooks: which templates compose a room when it has completed."""
