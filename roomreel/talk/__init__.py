"""Talk of participants, from the levels of their recordings.

Outside `plan`, since it is done with NumPy: an hour of sound has 180 000 levels. All of it is whole
numbers, so every machine finds the same.
"""

from roomreel.talk.room import Heard, find_talk

__all__ = ["Heard", "find_talk"]
