"""Row groups of Parquet files put together to one file, without decoding them. Pure.

    PAR1 | before, if it is kept | pages of copied row groups, their page indexes | footer

docs/catalog-files.md has the layout, and what of a footer is changed.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

from roomreel.catalog.files import thrift
from roomreel.catalog.files.thrift import I64, Struct

MAGIC = b"PAR1"
_TAIL = struct.Struct("<I4s")

# Numbers of fields. FileMetaData:
_NUM_ROWS, _ROW_GROUPS = 3, 4
# RowGroup:
_COLUMNS, _ROWS_OF_GROUP, _GROUP_OFFSET, _ORDINAL = 1, 3, 5, 7
# ColumnChunk:
_CHUNK_OFFSET, _META_DATA = 2, 3
_OFFSET_INDEX_AT, _OFFSET_INDEX_BYTES, _COLUMN_INDEX_AT, _COLUMN_INDEX_BYTES = 4, 5, 6, 7
# ColumnMetaData: where data, index and dictionary pages and the Bloom filter begin.
_PAGE_OFFSETS = (9, 10, 11, 14)
_DATA_PAGE_AT, _DICTIONARY_PAGE_AT, _CHUNK_BYTES = 9, 11, 7
# OffsetIndex, and its PageLocation:
_PAGE_LOCATIONS, _PAGE_OFFSET = 1, 1


@dataclass(frozen=True, slots=True)
class Group:
    """One row group of a file.

    Attributes:
        file: all bytes of that file.
        footer: its FileMetaData.
        about: of that, the RowGroup.
    """

    file: bytes
    footer: Struct
    about: Struct

    @property
    def size_bytes(self) -> int:
        """Return what its pages take in the file."""
        return sum(_pages(column)[1] for column in _columns(self.about))


def groups_of(file: bytes) -> list[Group]:
    """Return the row groups of a file that is known to be Parquet."""
    footer = _footer(file)
    return [Group(file, footer, about) for about in footer[_ROW_GROUPS][1].items]


def splice(parts: Sequence[Group], before: bytes = MAGIC) -> bytes:
    """Return a file of these row groups, in this order; at least one, all of one schema.

    Args:
        parts: what the footer of the last one says beside row groups is said of all.
        before: what the file begins with: a Parquet file, whose groups need no copy, or the magic.
    """
    out = _Pieces(before)
    abouts = [
        part.about if part.file is before else _copied(out, part.file, part.about) for part in parts
    ]
    footer = dict(parts[-1].footer)
    footer[_ROW_GROUPS] = (thrift.LIST, thrift.Sequence(thrift.STRUCT, _numbered(abouts)))
    footer[_NUM_ROWS] = (I64, sum(about[_ROWS_OF_GROUP][1] for about in abouts))
    data = thrift.encode(footer)
    out += data
    out += _TAIL.pack(len(data), MAGIC)
    return out.joined()


class _Pieces:
    """Bytes to come one after the other, and how many they are; copied only once."""

    def __init__(self, first: bytes) -> None:
        self._pieces: list[bytes | memoryview] = [first]
        self._size = len(first)

    def __len__(self) -> int:
        return self._size

    def __iadd__(self, piece: bytes | memoryview) -> Self:
        self._pieces.append(piece)
        self._size += len(piece)
        return self

    def joined(self) -> bytes:
        return b"".join(self._pieces)


def _footer(file: bytes) -> Struct:
    length, _ = _TAIL.unpack(file[-_TAIL.size :])
    return thrift.decode(file, len(file) - _TAIL.size - length)


def _copied(out: _Pieces, file: bytes, about: Struct) -> Struct:
    """Copy the pages of a row group, and then its page indexes, to the end of `out`."""
    columns = []
    for column in _columns(about):
        start, size = _pages(column)
        moved_by = len(out) - start
        out += memoryview(file)[start : start + size]
        columns.append(_moved(column, moved_by))
    for index, (old, new) in enumerate(zip(_columns(about), columns, strict=True)):
        moved_by = _pages(new)[0] - _pages(old)[0]
        columns[index] = _with_indexes(out, file, new, moved_by)
    first = _pages(columns[0])[0]
    return about | {
        _COLUMNS: (thrift.LIST, thrift.Sequence(thrift.STRUCT, columns)),
        _GROUP_OFFSET: (I64, first),
    }


def _moved(column: Struct, moved_by: int) -> Struct:
    meta = dict(column[_META_DATA][1])
    for number in _PAGE_OFFSETS:
        if number in meta:
            meta[number] = (I64, meta[number][1] + moved_by)
    # Deprecated, and 0 by what the format says now; older writers have a position here.
    offset = column[_CHUNK_OFFSET][1]
    return column | {
        _CHUNK_OFFSET: (I64, offset and offset + moved_by),
        _META_DATA: (thrift.STRUCT, meta),
    }


def _with_indexes(out: _Pieces, file: bytes, column: Struct, moved_by: int) -> Struct:
    """Copy the page indexes of a column; the one of offsets says where pages are."""
    changed: dict[int, tuple[int, Any]] = {}
    if _COLUMN_INDEX_AT in column:
        at, size = column[_COLUMN_INDEX_AT][1], column[_COLUMN_INDEX_BYTES][1]
        changed[_COLUMN_INDEX_AT] = (I64, len(out))
        out += memoryview(file)[at : at + size]
    if _OFFSET_INDEX_AT in column:
        index = _offset_index(file, column[_OFFSET_INDEX_AT][1], moved_by)
        changed[_OFFSET_INDEX_AT] = (I64, len(out))
        changed[_OFFSET_INDEX_BYTES] = (thrift.I32, len(index))
        out += index
    return column | changed


def _offset_index(file: bytes, at: int, moved_by: int) -> bytes:
    index = thrift.decode(file, at)
    pages = [
        page | {_PAGE_OFFSET: (I64, page[_PAGE_OFFSET][1] + moved_by)}
        for page in index[_PAGE_LOCATIONS][1].items
    ]
    moved = (thrift.LIST, thrift.Sequence(thrift.STRUCT, pages))
    return thrift.encode(index | {_PAGE_LOCATIONS: moved})


def _columns(about: Struct) -> list[Struct]:
    columns: list[Struct] = about[_COLUMNS][1].items
    return columns


def _pages(column: Struct) -> tuple[int, int]:
    """Return where the pages of a column begin, and how many bytes they are."""
    meta = column[_META_DATA][1]
    starts = [meta[number][1] for number in (_DATA_PAGE_AT, _DICTIONARY_PAGE_AT) if number in meta]
    return min(starts), meta[_CHUNK_BYTES][1]


def _numbered(abouts: Iterable[Struct]) -> list[Struct]:
    return [about | {_ORDINAL: (thrift.I16, number)} for number, about in enumerate(abouts)]
