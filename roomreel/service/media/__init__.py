"""Files that clients may fetch: found by sid, and linked to for some minutes."""
