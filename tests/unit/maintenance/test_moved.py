"""A store that is copied elsewhere, and its rows, which name the old place."""

from __future__ import annotations

import base64
import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from roomreel.catalog.deletion import changed_at
from roomreel.maintenance import moved as moved_module
from roomreel.maintenance.check import check
from roomreel.maintenance.moved import move
from roomreel.maintenance.published import Published
from roomreel.model.location import ObjectLocation
from roomreel.model.table import Table, composition_day
from roomreel.storage import sha256_of
from roomreel.storage.port import FileInfo
from roomreel.storage.s3.store import S3Store

NOW = datetime(2026, 11, 25, tzinfo=UTC)


@pytest.fixture
def moved(store: Any) -> Any:
    """Two compositions in a store that is copied to another folder; the settings name that."""
    made = [store.room(number) for number in (1, 2)]
    for each in made:
        size, digest = each.files[0].stat().st_size, sha256_of(each.files[0])
        row = store.row(each.outcome.sid)
        told = {"size_bytes": size, "media_sha256": digest} | changed_at(row, NOW)
        store.commit(Table.COMPOSITIONS, row | told)
    new = store.root / "elsewhere"
    shutil.copytree(store.settings.store, new)
    store.settings = store.settings.model_copy(update={"store": new})
    store.made = made
    return store


def media(store: Any) -> list[Path]:
    return [Path(store.row(made.outcome.sid)["media_url"]) for made in store.made]


@pytest.mark.parametrize("old", ["stays", "is gone"])
def test_rows_name_the_media_of_the_new_place(moved: Any, old: str) -> None:
    before = {made.outcome.sid: moved.row(made.outcome.sid) for made in moved.made}
    if old == "is gone":
        shutil.rmtree(moved.root / "store")
    found = check(moved.catalog, moved.settings, NOW)
    assert [finding.remedy for finding in found if "is elsewhere" in finding.what] == [
        "roomreel catalog move, once they are in the store"
    ] * 2
    assert move(moved.catalog, moved.settings, NOW) == (2, ())
    assert all(file.is_relative_to(moved.root / "elsewhere") for file in media(moved))
    assert all(file.is_file() for file in media(moved))
    assert check(moved.catalog, moved.settings, NOW) == []
    for sid, row in before.items():
        after = moved.row(sid)
        told = {name: after[name] for name in ("media_url", "updated_at", "rev")}
        assert after == row | told
        assert after["updated_at"] > row["updated_at"]
    assert move(moved.catalog, moved.settings, NOW) == (0, ())


def test_the_page_of_docs_is_run_as_it_is_written(moved: Any) -> None:
    root = moved.root
    (root / "old").mkdir()
    (root / "store").rename(root / "old" / "store")
    (root / "old" / "store" / "known.json").write_text("[]")
    (root / "new" / "store").mkdir(parents=True)
    text = (Path(__file__).parents[3] / "docs" / "operations.md").read_text()
    copying, moving = re.findall(r"^```sh move\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    # As it is called where the package is installed; here it is the one of this checkout.
    roomreel = f"{sys.executable} -c 'from roomreel.cli import main; main()'"
    commands = "set -e\n" + copying + re.sub("^roomreel", roomreel, moving, flags=re.MULTILINE)
    environment = {"ROOMREEL_STORE": "new/store", "PATH": os.environ["PATH"]}
    environment["PYTHONPATH"] = str(Path(__file__).parents[3])
    argv = ["bash", "-c", commands]
    ran = subprocess.run(
        argv, cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert f"2 rows name media in {root}/new/store/compositions now" in ran.stdout
    moved.settings = moved.settings.model_copy(update={"store": root / "new" / "store"})
    assert all(file.is_file() for file in media(moved))


def test_a_file_that_is_another_one_is_not_taken(moved: Any) -> None:
    first, second = (
        moved.root / "elsewhere" / made.files[0].relative_to(moved.root / "store")
        for made in moved.made
    )
    first.write_bytes(b"0" * first.stat().st_size)
    done = move(moved.catalog, moved.settings, NOW)
    assert done == (1, (first,))
    assert media(moved) == [moved.made[0].files[0], second]


def test_what_was_written_elsewhere_by_hand_is_where_it_is(moved: Any) -> None:
    move(moved.catalog, moved.settings, NOW)
    out = moved.root / "monday.mp4"
    shutil.copy(media(moved)[0], out)
    row = moved.row(moved.made[0].outcome.sid)
    moved.commit(Table.COMPOSITIONS, row | {"media_url": str(out)} | changed_at(row, NOW))
    findings = check(moved.catalog, moved.settings, NOW)
    assert not [finding for finding in findings if "is elsewhere" in finding.what]
    assert move(moved.catalog, moved.settings, NOW) == (0, ())


@pytest.mark.parametrize(
    ("digest", "is_taken"), [("its own", True), ("of another file", False), (None, True)]
)
def test_an_object_is_taken_by_the_digest_that_its_store_has(
    digest: str | None, is_taken: bool, moved: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its size alone where the store has computed none."""
    made = moved.made[0]
    row = moved.row(made.outcome.sid)
    right = base64.b64encode(bytes.fromhex(row["media_sha256"])).decode()
    sums = {"its own": right, "of another file": base64.b64encode(b"0" * 32).decode()}
    place = ObjectLocation("s3", "bucket", f"compositions/{made.files[0].name}")
    found = FileInfo(
        place,
        row["size_bytes"],
        "e",
        NOW,
        checksums={"SHA256": sums[digest]} if digest else {},
    )
    monkeypatch.setattr(S3Store, "stat", lambda _store, _location: found)
    file = Published(
        place, str(place), row["sid"], composition_day(row["sid"]), found.size_bytes, NOW
    )
    monkeypatch.setattr(moved_module, "published_files", lambda _root: [file])
    done = move(moved.catalog, moved.settings, NOW)
    assert done == ((1, ()) if is_taken else (0, (place,)))
    named = str(place) if is_taken else row["media_url"]
    assert moved.row(row["sid"])["media_url"] == named
