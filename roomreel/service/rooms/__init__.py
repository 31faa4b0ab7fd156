"""Rooms that come: manifests watched or put, their media, events, and recording rules."""
