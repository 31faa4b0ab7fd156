"""The environment of programs that touch media of strangers: what they need of ours, by name.

Credentials, passphrases and addresses of servers are not among it. What a child needs to read
recordings in S3 in place is passed to that child with its call.
"""

from __future__ import annotations

import os

KEPT = frozenset(
    {
        "HOME",
        "LANG",
        "LANGUAGE",
        "LD_LIBRARY_PATH",
        "LD_PRELOAD",
        "PATH",
        "TEMP",
        "TMP",
        "TMPDIR",
        "TZ",
        "XDG_RUNTIME_DIR",
    }
)
PREFIXES = ("LC_", "PYTHON", "MALLOC_", "CUDA_", "NVIDIA_", "LIBVA_", "DRI_", "ONEVPL_")
"""Languages, the interpreter, the allocator, and the drivers of video encoders."""


def child_environment() -> dict[str, str]:
    """Return the variables a child process starts with."""
    return {
        name: value
        for name, value in os.environ.items()
        if name in KEPT or name.startswith(PREFIXES)
    }
