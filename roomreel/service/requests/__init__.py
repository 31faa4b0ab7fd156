"""Requests for compositions, from being asked for to their end."""
