"""Reading of key sources: files are read here, blocks of Prefect by a port."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from roomreel.errors import RoomreelError, StorageFailed
from roomreel.model.key_source import Block, KeySource
from roomreel.storage.failure import storage_errors

_MOST_BYTES = 1 << 16


class _Port:
    """The function that reads blocks in this process, by their names."""

    read_block: Callable[[str], bytes] | None = None


def read_blocks_by(read: Callable[[str], bytes]) -> None:
    """Have a function read the blocks that this process needs.

    Args:
        read: returns what the block of a name holds, or raises a `RoomreelError`.
    """
    _Port.read_block = read


def read_source(source: KeySource) -> bytes:
    """Return what a file or a block holds, that is no longer than keys are.

    Raises:
        StorageFailed: it cannot be read; the message repeats nothing of what it holds.
    """
    data = _read_block(source) if isinstance(source, Block) else _read_file(source)
    if len(data) > _MOST_BYTES:
        raise StorageFailed(f"cannot read {source}: it is too large for a key")
    return data


def _read_file(file: Path) -> bytes:
    with storage_errors("read", file), file.open("rb") as opened:
        return opened.read(_MOST_BYTES + 1)


def _read_block(block: Block) -> bytes:
    read = _Port.read_block
    if read is None:
        raise StorageFailed(
            f"cannot read {block}: this program does not ask Prefect",
            "the commands of roomreel and its flows do",
        )
    try:
        return read(block.name)
    except RoomreelError as error:
        raise StorageFailed(f"cannot read {block}: {error.message}", error.remedy) from error
