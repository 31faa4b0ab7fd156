"""Thousands of hostile manifests and templates: each is taken, or refused with a place in it."""

from __future__ import annotations

import json
import sys
from array import array
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from random import Random
from unittest.mock import patch
from xml.parsers import expat

import pytest
from clips import Clips
from hostile_documents import hostile
from schema_documents import document
from tally import SEED, Tally, count_of, peak_mb

from roomreel import cli
from roomreel.batch.reading import read_manifests
from roomreel.documents.manifest import manifest_text, parse_manifest
from roomreel.documents.plan import plan_json
from roomreel.documents.svg.plan import names_of, picture
from roomreel.documents.template import canonical_template, parse_template, template_sha256
from roomreel.documents.text import SIZE_LIMIT_BYTES
from roomreel.errors import CompositionRefused, DocumentInvalid, RoomreelError
from roomreel.model.media import MediaFile, PacketIndex, Stored
from roomreel.model.room import Manifest, MediaType
from roomreel.model.template import Template
from roomreel.plan import check, make_plan

MOST_S = 10.0
"""What one document may take of the processor: thrice what the worst of 8 MB takes."""

MOST_MB = 1500
"""What all of this may take: the worst document of 8 MB takes half of it."""

EXIT_CODES = {0, 2, 3, 4, 5, 6}
"""Of the table in `roomreel/errors.py`, without 1, which is for what nobody foresaw."""

BATCH = 40
"""Documents in a folder beside good ones, for the command line."""

LIMIT_BYTES = 10**12
HOLD_S = Fraction(60)

GOOD_ROOM = {
    "schema": "roomreel.room/1",
    "room": {
        "sid": "RM" + "a" * 32,
        "unique_name": "good",
        "status": "completed",
        "end_time": "2026-11-20T10:00:00Z",
    },
    "participants": [{"sid": "PA" + "a" * 32, "identity": "ann"}],
    "recordings": [
        {
            "sid": "RT" + "a" * 32,
            "source_sid": "MT" + "a" * 32,
            "participant_sid": "PA" + "a" * 32,
            "track_name": "camera",
            "type": "video",
            "status": "completed",
            "media": "camera.webm",
        },
        {
            "sid": "RT" + "b" * 32,
            "source_sid": "MT" + "b" * 32,
            "participant_sid": "PA" + "a" * 32,
            "track_name": "microphone",
            "type": "audio",
            "status": "completed",
            "media": "microphone.mka",
        },
    ],
}
GOOD_TEMPLATE = {
    "schema": "roomreel.template/1",
    "friendly_name": "good",
    "video_layout": {"all": {"video_sources": ["*"]}},
    "audio_sources": ["*"],
}


def index(kind: MediaType, step: int) -> PacketIndex:
    """Ten seconds of packets, with a pause."""
    pts = array("q", [at for at in range(0, 10_000, step) if not 3000 < at < 6000])
    columns = (pts, array("q", [step] * len(pts)), array("b", [1] * len(pts)), pts)
    codec, size = ("opus", 0) if kind is MediaType.AUDIO else ("vp8", 640)
    return PacketIndex(kind, codec, Fraction(1, 1000), *columns, width=size, height=size)


MEDIA = {
    kind: MediaFile(Stored(f"/{kind}", 1000, "1"), index(kind, step))
    for kind, step in ((MediaType.AUDIO, 20), (MediaType.VIDEO, 100))
}


def plan_with(manifest: Manifest, template: Template) -> None:
    """Plan as the night does, on packets that are whole; whatever is shown of it is well formed."""
    room = manifest.room
    media = {one.sid: MEDIA.get(one.type, MediaFile()) for one in room.recordings}
    check(
        room, template, {sid: one.stored for sid, one in media.items() if one.stored}, LIMIT_BYTES
    )
    plan = make_plan(room, template, media, HOLD_S)
    assert plan_json(plan).isascii()
    expat.ParserCreate().Parse(picture(plan, names_of(room)), True)


def judge(kind: str, data: bytes) -> str:
    """Return the code of what refuses a document, or its plan; else that it was planned."""
    parse = parse_manifest if kind == "room-1" else parse_template
    try:
        parsed = parse(data, "file.json")
    except DocumentInvalid as error:
        refuse_badly_told(error, data)
        return error.code
    try:
        if isinstance(parsed, Manifest):
            assert parse_manifest(manifest_text(parsed.room).encode(), "").room == parsed.room
            plan_with(parsed, parse_template(json.dumps(GOOD_TEMPLATE).encode(), ""))
        else:
            written = parse_template(canonical_template(parsed).encode(), "")
            assert template_sha256(written) == template_sha256(parsed)
            plan_with(parse_manifest(json.dumps(GOOD_ROOM).encode(), ""), parsed)
    except CompositionRefused as error:
        refusal = str(error)
        assert refusal.isprintable()
        return error.code
    return "planned"


def refuse_badly_told(error: DocumentInvalid, data: bytes) -> None:
    """Fails where a violation has no place, or may not be printed."""
    assert error.violations
    for violation in error.violations:
        assert str(violation).isprintable()
        assert violation.file == "file.json"
        assert violation.line or len(data) > SIZE_LIMIT_BYTES
        assert violation.expected
        assert violation.found


def made(count: int, seed: int, tally: Tally) -> list[tuple[str, str, bytes]]:
    """Judge documents one by one.

    Returns:
        Some of them: kind, what became of it, and its bytes.
    """
    kept = []
    for number in range(count):
        random = Random(f"{seed} {number}")
        kind = random.choice(["room-1", "template-1"])
        data = hostile(document(kind, random), random)
        name = f"{kind} {number}"
        with tally.timed(name):
            try:
                outcome = judge(kind, data)
            except Exception as error:  # noqa: BLE001  whatever it is, it is told with its document
                tally.fail(f"{name}: {type(error).__name__}: {error}"[:300])
                continue
        tally.outcomes[outcome] += 1
        # However few there are, some are good.
        is_good = outcome == "planned" and tally.outcomes[outcome] % 20 == 1
        kept += [(kind, outcome, data)] if number % 25 == 0 or is_good else []
    return kept


@dataclass(frozen=True)
class Ran:
    code: int
    out: str


@pytest.fixture
def run(capfd, monkeypatch, tmp_path):
    """Run a verb in this process, in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: object) -> Ran:
        capfd.readouterr()
        argv = ["roomreel", *map(str, arguments)]
        with patch.object(sys, "argv", argv), pytest.raises(SystemExit) as stop:
            cli.main()
        out, err = capfd.readouterr()
        assert "Traceback" not in out + err
        assert "internal-error" not in out + err
        assert all(character.isprintable() or character == "\n" for character in out + err)
        code = int(stop.value.code or 0)
        assert code in EXIT_CODES
        return Ran(code, out)

    return call


def type_them(documents, run, folder: Path, tally: Tally) -> None:
    """Hand documents to the command line, a folder of them beside good ones at a time."""
    clips = Clips(folder)
    camera, microphone = clips.video(size=(64, 48), seconds=1, fps=5), clips.tone(seconds=1)
    for start in range(0, len(documents), BATCH):
        batch = documents[start : start + BATCH]
        home = folder / f"batch-{start}"
        home.mkdir()
        (home / "camera.webm").write_bytes(camera.read_bytes())
        (home / "microphone.mka").write_bytes(microphone.read_bytes())
        good = {"good-room.json": GOOD_ROOM, "good-template.json": GOOD_TEMPLATE}
        for name, whole in good.items():
            (home / name).write_text(json.dumps(whole))
        files = [home / f"{number:03}.json" for number in range(len(batch))]
        for file, (_, _, data) in zip(files, batch, strict=True):
            file.write_bytes(data)
        room, template = (home / name for name in good)
        verdicts = json.loads(run("validate", "--json", room, template, *files).out)
        assert [one["valid"] for one in verdicts[:2]] == [True, True]
        for file, verdict, (kind, outcome, _) in zip(files, verdicts[2:], batch, strict=True):
            refused = outcome in {"document-invalid", "template-invalid"}
            assert verdict["valid"] <= (not refused)
            pair = (file, template) if kind == "room-1" else (room, file)
            code = run("plan", pair[0], "--template", pair[1], "--picture", "plan.svg").code
            tally.outcomes[f"exit code {code}"] += 1
            assert code != 0 or not refused
        night = read_manifests([str(file) for file in (room, *files)])
        assert "good" in {manifest.room.unique_name for manifest in night.manifests}


@pytest.mark.slow
def test_a_few_hostile_documents(run, tmp_path: Path):
    tally = Tally("documents", 0)
    some = made(1000, 0, tally)
    type_them(some[: BATCH // 2], run, tmp_path, tally)
    tally.close()
    assert tally.outcomes["planned"] > 20
    assert tally.outcomes["exit code 0"]
    assert tally.outcomes["document-invalid"] > 100
    assert tally.outcomes["template-invalid"] > 100


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_many_hostile_documents(run, tmp_path: Path):
    tally = Tally("documents", SEED)
    some = made(count_of("DOCUMENTS", 20_000), SEED, tally)
    type_them(some, run, tmp_path, tally)

    tally.close()
    assert tally.worst_s < MOST_S
    assert peak_mb() < MOST_MB


@pytest.mark.parametrize("kind", ["room-1", "template-1"])
def test_what_the_schemas_allow_is_mostly_valid(kind: str):
    parse = parse_manifest if kind == "room-1" else parse_template
    taken = 0
    for number in range(100):
        with suppress(RoomreelError):
            parse(json.dumps(document(kind, Random(number))).encode(), "file.json")
            taken += 1
    assert taken > 25
