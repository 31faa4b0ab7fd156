"""The published JSON Schemas (draft 2020-12), as data: one file per document and version."""
