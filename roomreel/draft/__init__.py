"""Drafts of room manifests, from the files of a folder."""
