"""Catalogs of rooms, recordings and compositions: Parquet tables for any reader.

    columns     every column: type, unit, where a value comes from, what it is
    schema/     the tables as Arrow has them, their version, and what earlier versions wrote
    rows        model -> row (pure); `attempts` and `remake` likewise
    merge       which of two rows stands (pure)
    files/      rows <-> bytes (pure): partitions as `parquet`, entries of the `journal`;
                `splice` and `thrift` copy row groups
    backends/   what storage has to offer: a `port`, its sides `local` (files, locks) and
                `objects` (compare-and-swap); `filesystem` is what Arrow reads through
    store       commit: journal, merge, replace; recover
    reader      read, find and look up
    queries/    `listing`, SQL and its views, built on the reader
    catalog     the four together, and `open_catalog`; `record` writes down a run
    deletion    rows that are deleted, and rows that are purged

A commit is durable once its journal entry is, and a partition is replaced as a whole: a reader
sees the state before or after it, and a kill between any two steps is healed by the next commit.
"""
