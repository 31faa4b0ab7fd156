"""Rooms, recordings and compositions as clients see them: pages, filters, one by its sid."""
