"""Schemas of the files of the catalogs, as Arrow has them, their version, and earlier ones."""
