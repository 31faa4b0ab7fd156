"""Three or four verbs at once, of which some are killed: nothing is lost, doubled or torn.

KILLS=100 python -m pytest -m soak tests/operate/test_verbs_at_once.py -s
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from calls import Calls
from prefect_site import ROOT, Site

from roomreel.catalog.catalog import Catalog
from roomreel.model.table import Table
from roomreel.settings import read
from roomreel.storage import sha256_of

KILLS = int(os.environ.get("KILLS", "100"))
pytestmark = [pytest.mark.soak, pytest.mark.timeout(600 + KILLS * 180)]
MAIN = "from roomreel.cli import main; main()"
ROOMS = 6
NAMES = (
    *("compose", "compose", "nightly", "nightly", "retention", "recover", "rebuild"),
    *("compositions", "recordings"),  # to be deleted
)
# Done; nothing of that name; no recording left; a night that failed; a store or catalog that
# another verb was changing just then, in words.
WORDS = {0, 2, 3, 4, 5, 6}


@dataclass
class Verb:
    """A verb that was started, and what it is about."""

    words: tuple[str, ...]
    process: subprocess.Popen[str]
    sid: str = ""
    killed: bool = False

    @property
    def name(self) -> str:
        return " ".join(
            self.words[:2] if self.words[0] in {"catalog", "delete"} else self.words[:1]
        )


@dataclass
class World:
    """Rooms of a second of sound, each with a file of its own, and verbs at work on them.

    Attributes:
        composed: sids of compositions that a verb said it had made; `deleted`, that it had deleted.
    """

    calls: Calls
    api: str
    chance: random.Random
    rooms: dict[str, Path] = field(default_factory=dict)
    composed: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    ends: Counter[str] = field(default_factory=Counter)

    @property
    def catalog(self) -> Catalog:
        settings = read(self.calls.config).settings
        return Catalog.open(settings.catalog_root, settings.journal_root)

    def add_room(self) -> None:
        name = f"call-{len(self.rooms)}"
        media = f"{name}.webm"
        shutil.copy(self.calls.rooms / "good.webm", self.calls.rooms / media)
        sid = self.calls.room(name, media)
        self.rooms[sid] = self.calls.rooms / f"{sid}.json"

    def start(self, *words: str, sid: str = "") -> Verb:
        process = subprocess.Popen(
            [sys.executable, "-c", MAIN, *words, "--config", str(self.calls.config)],
            cwd=self.calls.folder,
            env=os.environ | {"PYTHONPATH": str(ROOT), "PREFECT_API_URL": self.api},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        return Verb(words, process, sid)

    def any_verb(self) -> Verb:
        """One of the verbs, about something that is there."""
        name = self.chance.choice(NAMES)
        if name == "compose":
            manifest = self.chance.choice(list(self.rooms.values()))
            template = str(self.calls.folder / "layouts" / "sound.json")
            return self.start("compose", str(manifest), "-t", template, "--json")
        if name in {"compositions", "recordings"}:
            rows = [row for row in self.catalog.rows(Table(name)) if row["status"] == "completed"]
            # Recordings are few, and without any there is nothing to compose.
            if rows and (name == "compositions" or self.chance.random() < 0.3):
                sid = str(self.chance.choice(rows)["sid"])
                return self.start("delete", name, sid, "--yes", sid=sid)
            return self.start("nightly")
        if name in {"recover", "rebuild"}:
            return self.start("catalog", name)
        return self.start(name)

    def end(self, verb: Verb) -> None:
        """Wait for a verb, and believe what it says that it has done."""
        out, err = verb.process.communicate(timeout=600)
        code = verb.process.returncode
        self.ends[f"{verb.name}: {'killed' if code == -signal.SIGKILL else code}"] += 1
        if code == -signal.SIGKILL:
            return
        assert "Traceback" not in out + err, (verb.words, err)
        assert "internal-error" not in err, (verb.words, err)
        assert code in WORDS, (verb.words, code, err)
        if verb.words[0] == "compose" and code == 0:
            self.composed.add(json.loads(out)["sid"])
        if verb.words[0] == "delete" and code == 0:
            self.deleted.add(verb.sid)

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        verb = self.start(*words)
        out, err = verb.process.communicate(timeout=600)
        return subprocess.CompletedProcess(words, verb.process.returncode, out, err)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    calls = Calls(tmp_path)
    calls.template("sound", audio_sources=["*"])
    with Site(tmp_path) as site:
        seed = int(os.environ.get("SEED", "20261128"))
        world = World(calls, site.api, random.Random(seed))
        for _ in range(ROOMS):
            world.add_room()
        yield world


def test_nothing_is_lost_doubled_or_torn(world: World) -> None:
    killed, rounds = 0, 0
    while killed < KILLS:
        rounds += 1
        if rounds % 4 == 0:
            world.add_room()
        verbs = [world.any_verb() for _ in range(world.chance.choice([3, 4]))]
        victims = world.chance.sample(verbs, world.chance.choice([1, 1, 2]))
        time.sleep(world.chance.uniform(0.2, 8))
        for victim in victims:
            if victim.process.poll() is None:
                # The verb alone, whose children end with it, or all of them at one stroke.
                with suppress(ProcessLookupError):
                    if world.chance.random() < 0.5:
                        victim.process.kill()
                    else:
                        os.killpg(victim.process.pid, signal.SIGKILL)
                killed += 1
        for verb in verbs:
            world.end(verb)
        told = ", ".join(verb.name + ("!" if verb in victims else "") for verb in verbs)
        print(f"{killed} kills, round {rounds}: {told}", flush=True)
    print(dict(sorted(world.ends.items())), flush=True)
    for words in (["catalog", "recover"], ["nightly"], ["retention"]):
        ran = world.run(*words)
        assert ran.returncode == 0, (words, ran.stdout, ran.stderr)
    assert_all_is_right(world)
    rows = Counter(row["status"] for row in world.catalog.rows(Table.COMPOSITIONS))
    print(f"{killed} kills in {rounds} rounds, rows: {dict(rows)}: none lost, doubled or torn")


def assert_all_is_right(world: World) -> None:
    looked = world.run("catalog", "check")
    assert (looked.returncode, looked.stdout) == (0, "")
    rows = {row["sid"]: row for row in world.catalog.rows(Table.COMPOSITIONS)}
    recordings = {row["sid"]: row for row in world.catalog.rows(Table.RECORDINGS)}
    nightly = Counter(row["room_sid"] for row in rows.values() if _is_nightly(world, row))
    # None lost, none doubled,
    assert all(nightly[room] == 1 for room in world.rooms), nightly
    assert world.composed <= rows.keys()
    assert all(rows[sid]["status"] in {"completed", "deleted"} for sid in world.composed)
    # what is deleted stays so,
    for sid in world.deleted:
        assert (rows.get(sid) or recordings[sid])["status"] == "deleted"
    # none torn,
    settings = read(world.calls.config).settings
    for row in rows.values():
        if row["status"] == "completed":
            media = Path(row["media_url"])
            assert media.stat().st_size == row["size_bytes"]
            assert sha256_of(media) == row["media_sha256"]
        elif row["status"] == "deleted" and row["media_url"]:
            assert not Path(row["media_url"]).exists()
    # and nothing left lying about.
    store = world.calls.folder / "store"
    assert [*store.rglob(".roomreel-*.part")] == []
    assert [*settings.scratch_root.glob("roomreel-attempt-*")] == []
    assert [*(store / "journal").glob("*/*/*.json")] == []


def _is_nightly(world: World, row: dict[str, Any]) -> bool:
    """Whether a row is the one that a night makes of its room, by its sid."""
    from roomreel.catalog.deletion import _of_composition

    room = world.catalog.lookup(str(row["room_sid"])) if row["room_sid"] else None
    return room is not None and _of_composition(row, room) is not None
