"""Care for what is stored: delete, purge, sweep, check, put together again.

removal     deletes compositions and recordings: their rows, then their media
published   the media in the store, and those without a row
retention   removing what is due
check       what is not as it should be
rebuild     catalogs from the journal and the media
versions    the buckets that keep what is deleted as old versions
"""
