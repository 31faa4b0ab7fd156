"""JSON text -> schema check -> model, one module per document: the only place that knows JSON keys.

`manifest` and `template` are the documents that come in. Both go one way: `text` reads the bytes
strictly and remembers where each value stood, `schema` finds what breaks the schema, the
document's own rules find what a schema cannot say, and `document` reports it all at once.
"""
