"""Rows to bytes and back: partitions as Parquet, entries of the journal as JSON. Pure."""
