"""The description of the API: an OpenAPI document, and the page of `docs/` that is made of it.

It stands in tables of its own: handlers return their answers as they are, for speed, and tests hold
both together.
"""
