"""Room manifests from what recording services deliver: one reader a vendor, one rule for clocks.

A reader (`port.Importer`) parses names and documents to claims; it opens no medium. What is common
is done once: `settle` compares the claims with the media, `write` publishes what came of it.
"""
