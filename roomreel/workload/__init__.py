"""The work in a plan: how much it costs, and where it can be cut.

estimate  estimate the processor time of a plan
chunks    cut its frames where little is decoded twice
"""
