"""Prefect flows: decorators, limits and calls. What they decide and do lives below them."""
