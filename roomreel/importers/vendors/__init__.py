"""Readers of deliveries, by vendor."""
