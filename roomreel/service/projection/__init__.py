"""The copy of the catalogs in the database: filled, refreshed, purged."""
