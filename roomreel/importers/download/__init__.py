"""Recordings fetched from the services that hold them: the only place of importers with a network.

What is fetched is a delivery as the readers know it. Everything may be killed at any instant: a
file is there under its name once it is whole, and a part goes on where it was.
"""
