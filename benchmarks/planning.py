"""The time that planning takes with what changes often: overlays, who talks, layouts.

    python benchmarks/planning.py [--people 25] [--minutes 60] [--states 2000] [--turns 2000]
                                  [--switches 200] [--rounds 9]

The same room is planned in turns without all of that, with labels, with texts that are shown so
many times besides, and with a picture that follows who talks and changes its layout. Prints the
medians and ranges, the median of the ratio of each round, and the most memory that each way takes.
"""

from __future__ import annotations

import argparse
import json
import random
import time
import tracemalloc
from array import array
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from measure import print_ratios

from roomreel.documents.manifest import parse_manifest
from roomreel.documents.template import parse_template
from roomreel.model.media import MediaFile, PacketIndex, Stored
from roomreel.model.room import MediaType, Room
from roomreel.model.template import Template
from roomreel.model.time import Span
from roomreel.plan import make_plan
from roomreel.plan.spans import merged

PICTURES_A_SECOND = 10
SOUNDS_A_SECOND = 50


def room(people: int, minutes: int) -> tuple[Room, dict[str, MediaFile]]:
    """Return a room in which everybody comes and leaves, now and then without packets."""
    chance = random.Random(19)
    participants, recordings, media = [], [], {}
    for number in range(people):
        person = f"PA{number:032}"
        participants.append({"sid": person, "identity": f"person-{number}"})
        offset = chance.randrange(0, 60_000)
        for index, kind in enumerate(("video", "audio")):
            sid = f"RT{2 * number + index:032}"
            recordings.append(
                {
                    "sid": sid,
                    "source_sid": sid.replace("RT", "MT"),
                    "participant_sid": person,
                    "track_name": kind,
                    "type": kind,
                    "status": "completed",
                    "offset": offset,
                    "media": f"{sid}.mkv",
                }
            )
            media[sid] = MediaFile(Stored(f"/{sid}", 1000, "1"), packets(kind, minutes, chance))
    document = {
        "schema": "roomreel.room/1",
        "room": {
            "sid": f"RM{0:032}",
            "unique_name": "many",
            "status": "completed",
            "end_time": "2026-11-20T10:00:00Z",
        },
        "participants": participants,
        "recordings": recordings,
    }
    return parse_manifest(json.dumps(document).encode(), "room.json").room, media


def packets(kind: str, minutes: int, chance: random.Random) -> PacketIndex:
    """Return the packets of a medium, with a gap of a minute every ten."""
    step = 1000 // (PICTURES_A_SECOND if kind == "video" else SOUNDS_A_SECOND)
    gaps = [chance.randrange(600_000) + at for at in range(0, minutes * 60_000, 600_000)]
    pts = array(
        "q",
        (
            at
            for at in range(0, minutes * 60_000, step)
            if not any(gap <= at < gap + 60_000 for gap in gaps)
        ),
    )
    return PacketIndex(
        type=MediaType(kind),
        codec="vp8" if kind == "video" else "opus",
        time_base=Fraction(1, 1000),
        pts=pts,
        durations=array("q", [step] * len(pts)),
        keys=array("b", [1] * len(pts)),
        payload_bytes=len(pts),
        delay=Fraction(0),
        truncated=False,
    )


def template(region: Mapping[str, Any], members: Mapping[str, Any]) -> Template:
    """Return a grid with these members."""
    document = {
        "schema": "roomreel.template/1",
        "friendly_name": "grid",
        "video_layout": {"grid": {"video_sources": ["*"], **region}},
        "audio_sources": ["*"],
        "resolution": "1280x720",
        "format": "mp4",
        **members,
    }
    return parse_template(json.dumps(document).encode(), "template.json")


def texts(states: int, minutes: int) -> list[dict[str, Any]]:
    """Return overlays with so many spans together."""
    each = -(-states // 40)
    step = minutes * 60_000 // (each + 1)
    spans = [{"start_ms": n * step, "end_ms": n * step + step // 2} for n in range(each)]
    return [
        {"type": "text", "text": f"text {number}", "y": 16 * number, "between": spans}
        for number in range(40)
    ]


def talk(people: int, minutes: int, turns: int) -> dict[str, tuple[Span, ...]]:
    """Return so many turns, of one after the other, some of which begin before the last is over."""
    chance = random.Random(21)
    each = Fraction(minutes * 60, turns)
    found: dict[str, list[Span]] = {}
    for number in range(turns):
        start = number * each + each * Fraction(chance.randrange(-20, 20), 100)
        found.setdefault(f"PA{chance.randrange(people):032}", []).append(
            Span(max(start, Fraction(0)), start + each * Fraction(chance.randrange(30, 100), 100))
        )
    return {sid: merged(spans) for sid, spans in found.items()}


def following(switches: int, minutes: int) -> dict[str, Any]:
    """Return members by which the picture follows who talks, and has another layout so often."""
    every = {"video_sources": ["*"]}
    main = every | {"order": "speaker", "max_columns": 1, "max_rows": 1}
    strip = every | {"grid": "current", "order": "speaker", "max_rows": 1, "not_shown_in": ["main"]}
    step = minutes * 60_000 // switches
    spans = [{"start_ms": n * step, "end_ms": n * step + step // 2} for n in range(switches // 2)]
    parts = [spans[at : at + 100] for at in range(0, len(spans), 100)]
    return {
        "layouts": {"spotlight": {"video_layout": {"main": main, "strip": strip | {"y_pos": 600}}}},
        "layout_rules": [
            {"layout": "spotlight", "when": {"any": [{"between": part} for part in parts]}}
        ],
        "speaker": {"hold_ms": 0},
        "overlays": [{"type": "text", "text": "{speaker}"}],
    }


def main() -> None:
    """Plan in every way, in turns, and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=25)
    parser.add_argument("--minutes", type=int, default=60)
    parser.add_argument("--states", type=int, default=2000)
    parser.add_argument("--turns", type=int, default=2000)
    parser.add_argument("--switches", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    overlays = {"overlays": texts(options.states, options.minutes)}
    ways = {
        "without": template({}, {}),
        "labels": template({"label": {}}, {}),
        f"labels, {options.states} states": template({"label": {}}, overlays),
        f"{options.turns} turns, {options.switches} switches": template(
            {"grid": "current", "talking_border": {"color": "#22c55e"}},
            following(options.switches, options.minutes),
        ),
    }
    spurts = talk(options.people, options.minutes, options.turns)
    call, media = room(options.people, options.minutes)
    took: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(options.rounds):
        for way, chosen in ways.items():
            began = time.process_time()
            make_plan(call, chosen, media, Fraction(60), spurts=spurts)
            took[way].append(time.process_time() - began)
    print_ratios(took, "without", "CPU s")
    for way, chosen in ways.items():
        tracemalloc.start()
        plan = make_plan(call, chosen, media, Fraction(60), spurts=spurts)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        changes = f"{len(plan.speaker)} speakers, {len(plan.layouts)} stretches"
        print(f"{way}: {most / 1e6:.1f} MB at most, {len(plan.scenes)} scenes, {changes}")


if __name__ == "__main__":
    main()
