"""What the product remembers: Parquet tables that any reader can be pointed at.

    tables      names, columns and types; which partition a row lies in
    rows        model -> row (pure)
    merge       which of two rows stands (pure)
    journal     rows <-> immutable journal entries (pure)
    parquet     rows <-> the bytes of a partition (pure); `splice` and `thrift` copy row groups
    port        what storage has to offer; `local`, `s3` and `memory` are its sides
    store       commit: journal, merge, replace; recover
    reader      read, find and look up; `listing` and `query` (SQL) are built on it
    catalog     the four together; `record` writes down a night
    deletion    rows that are deleted, and rows that are purged

A commit is durable once its journal entry is, and a partition is replaced as a whole: a reader
sees the state before or after it, and a kill between any two steps is healed by the next commit.
"""
