"""Queries of people over the tables: filtered rows, SQL, views."""
