"""What an import says of nightly runs: who follows it has them find the room and its media."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from roomreel.cli.import_next import missed_by_nights
from roomreel.importers.settling.write import Written
from roomreel.settings import Settings

PLACES = ("data/rooms", "data/rooms/monday", "elsewhere")


def advice(
    here: Path, manifest: str, media: str, roots: list[str], *, copied: bool = False
) -> str | None:
    settings = Settings(folder=here, manifests=str(here / "data/rooms"), media_roots=roots)
    outside = () if any((here / media).is_relative_to(one) for one in roots) else (here / media,)
    place = here / manifest
    written = Written(place / "a.room.json", place / "a.import.json", True, outside=outside)
    return missed_by_nights(written, settings, copied=copied)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(("manifest", "media"), list(itertools.product(PLACES, PLACES)))
def test_nothing_is_said_where_nights_find_both(here: Path, manifest: str, media: str) -> None:
    said = advice(here, manifest, media, [str(here / "data/rooms")])
    assert (said is None) == (manifest != "elsewhere" and media != "elsewhere")
    if said is None:
        return
    assert ("--out data/rooms" in said) == (manifest == "elsewhere")
    assert (f"set manifests to {here / manifest}" in said) == (manifest == "elsewhere")
    assert (f"add {here / media} to media_roots" in said) == (media == "elsewhere")
    assert "--copy" in said


def test_copies_are_not_proposed_where_there_are_some(here: Path) -> None:
    roots = [str(here / "data/rooms")]
    said = advice(here, "rooms", "rooms/RM1.media", roots, copied=True)
    assert said == (
        "for nightly runs, import with --out data/rooms,"
        f" or set manifests to {here}/rooms and add {here}/rooms to media_roots"
    )


def test_copies_are_not_proposed_where_nights_would_not_read_them(here: Path) -> None:
    media = f"add {here}/call to media_roots"
    assert advice(here, "data/rooms", "call", [str(here / "m")]) == f"for nightly runs, {media}"
    said = advice(here, "call", "call", [str(here / "m")])
    assert said == f"for nightly runs, set manifests to {here}/call and {media}"


@pytest.mark.parametrize("manifests", ["s3://bucket/rooms", "data/*/room.json"])
def test_a_glob_or_a_store_is_no_folder_to_import_into(here: Path, manifests: str) -> None:
    settings = Settings(folder=here, manifests=manifests, media_roots=[str(here)])
    written = Written(here / "a.room.json", here / "a.import.json", True)
    said = missed_by_nights(written, settings, copied=False)
    assert said == f"for nightly runs, set manifests to {here}"
