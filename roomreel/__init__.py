"""Turn the recorded tracks of video calls into files people can play.

The tree follows one sentence: read, plan, render, publish, record. See ARCHITECTURE.md.
"""

__version__ = "0.2.0.dev1"
