"""FFmpeg's own messages, on the standard error of this process."""

from __future__ import annotations

import os

import av.logging


def enable_codec_log() -> None:
    """Have FFmpeg's libraries print warnings and errors; in a process of our own only.

    PyAV keeps them silent, and its way into Python's logging takes the interpreter's lock in the
    threads of a codec, which another thread may hold that waits for the codec.
    """
    os.environ["AV_LOG_FORCE_NOCOLOR"] = "1"
    av.logging.set_libav_level(av.logging.WARNING)
    av.logging.restore_default_callback()
