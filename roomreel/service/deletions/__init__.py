"""Deletions of many compositions or recordings at once: counted, confirmed, worked off."""
