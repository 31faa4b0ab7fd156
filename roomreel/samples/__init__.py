"""Recorded calls to try roomreel with, made as a recorder leaves them; see data/README.md.

It opens encoders by itself, though FFmpeg's one door is `roomreel.media`: what reads recordings and
what makes them to be read have no code in common, or they would share mistakes.
"""
