"""Deliveries: folders and archives as one view, and the values of their documents."""
