"""What is stored, looked after: deleted, purged, swept, checked, put together again.

removal     deletes compositions and recordings: their rows, then their media
published   the media in the store, and which of them no row tells of
retention   what a night removes
check       what is not as it should be
rebuild     catalogs from the journal and the media
versions    the buckets that keep what is deleted as old versions
"""
