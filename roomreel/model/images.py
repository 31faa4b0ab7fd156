"""Rules for images that templates draw."""

from __future__ import annotations

FORMATS = "PNG, JPEG or WebP"

LARGEST_BYTES = 32_000_000

LARGEST_SIDE = 8192
"""Pixels: more than any canvas has, few enough to decode."""

REMEDY = f"put a {FORMATS} of at most {LARGEST_SIDE} pixels a side there, or change the template"
