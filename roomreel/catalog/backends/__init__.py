"""Places of catalogs and journal: a port of a few methods, and its sides."""
