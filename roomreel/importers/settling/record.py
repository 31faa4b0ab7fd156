"""The record of an import (`roomreel.import/1`): claims, evidence, and what was chosen of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from roomreel.documents.import_record import IMPORT
from roomreel.importers.choices import Choices
from roomreel.importers.claims import Claim, Draft
from roomreel.importers.delivery.clean import clean, clean_name, clean_text
from roomreel.importers.finding import Finding
from roomreel.importers.port import Listing
from roomreel.importers.settling.compare import Case
from roomreel.storage.failure import storage_errors

ENDS_BYTES = 64 * 1024
"""How much of the beginning and of the end of media counts for their digest."""


def record_of(
    about: Mapping[str, Any],
    draft: Draft,
    cases: Sequence[Case],
    findings: Iterable[Finding],
    choices: Choices,
) -> dict[str, Any]:
    """Return the record of a room, without its inputs.

    Args:
        about: the members that say what was imported by what.
    """
    return {
        "schema": IMPORT,
        **about,
        "zero": draft.zero and draft.zero.isoformat().replace("+00:00", "Z"),
        "choices": _choices(choices),
        "recordings": [_recording(case) for case in cases],
        "findings": [
            {
                "code": one.code.value,
                "severity": one.severity.value,
                "recording": one.subject or None,
                "text": one.text,
            }
            for one in findings
        ],
        "kept": clean(draft.kept),
    }


def inputs_of(
    listing: Listing, documents: Iterable[str], media: Mapping[str, Path]
) -> list[dict[str, Any]]:
    """Return name, size and digest of what a room was read from, in the order of the names.

    Documents count whole, of media the first and the last 64 KiB.

    Raises:
        StorageFailed: one of them cannot be read.
    """
    texts = [_text_input(listing, name) for name in set(documents) if name in listing.sizes]
    return sorted([*texts, *map(_media_input, media.items())], key=lambda one: one["file"])


def _text_input(listing: Listing, name: str) -> dict[str, Any]:
    digest = hashlib.sha256()
    for line in listing.lines(name):
        digest.update(line)
    size, whole = listing.sizes[name], digest.hexdigest()
    return {"file": clean_name(name), "size": size, "sha256": whole}


def _media_input(item: tuple[str, Path]) -> dict[str, Any]:
    name, path = item
    digest = hashlib.sha256()
    with storage_errors("read", path), path.open("rb") as file:
        digest.update(file.read(ENDS_BYTES))
        size = file.seek(0, 2)
        file.seek(max(size - ENDS_BYTES, 0))
        digest.update(file.read(ENDS_BYTES))
    return {"file": clean_name(name), "size": size, "sha256_of_ends": digest.hexdigest()}


def _choices(choices: Choices) -> dict[str, Any]:
    return {
        "name": choices.name and clean_name(choices.name),
        "end_time": choices.end_time and choices.end_time.isoformat().replace("+00:00", "Z"),
        "offsets": [
            {"means": clean_text(one.meant), "offset": one.offset_ms, "anchor": one.anchor.value}
            for one in choices.offsets
        ],
    }


def _recording(case: Case) -> dict[str, Any]:
    piece, place = case.part.piece, case.place
    return {
        "recording": case.sid,
        "track": clean_name(case.part.label),
        "file": piece.file and clean_name(piece.file),
        "status": case.status.value,
        "rule": clean_name(place.rule),
        "class": place.grade.value,
        "offset": place.offset,
        "claims": dict(_claims(case)),
        "evidence": case.found.document(),
        "chosen": place.chosen,
        "reason": clean_text(place.reason),
    }


def _claims(case: Case) -> Iterator[tuple[str, Any]]:
    piece = case.part.piece
    if piece.clock is not None:
        anchor = piece.clock.anchor.value
        yield "start", {**_claim(piece.clock.start), "anchor": anchor}
    for name, claim in (("end", piece.end), ("size", piece.size)):
        if claim is not None:
            yield name, _claim(claim)
    if piece.codec is not None:
        yield "codec", clean_text(piece.codec)
    if piece.also:
        yield "also", [_claim(one) for one in piece.also]
    if piece.pauses:
        yield "pauses", [[_claim(begin), _claim(end)] for begin, end in piece.pauses]


def _claim(claim: Claim) -> dict[str, Any]:
    value = Fraction(claim.value)
    exact = value.numerator if value.denominator == 1 else float(value)
    return {"value": exact, "at": clean_name(claim.at)}
