"""Golden plans: `cases/<name>/case.json` says what goes in, `plan.json` beside it what comes out.

A case names a room (`rooms/<room>.json`: a manifest, what the packets of its media are, and when
who talks, in ms) and a template: a file of `layouts/`, or a whole one. To write the plans of all
cases, or of new ones:

    ROOMREEL_GOLDEN=write pytest tests/golden

and then read every difference against the contract before keeping it.
"""

import json
from array import array
from fractions import Fraction
from pathlib import Path

import pytest

from roomreel.compose.assets import look_at_assets
from roomreel.documents.manifest import parse_manifest
from roomreel.documents.template import parse_template
from roomreel.model.media import MediaFile, PacketIndex, Problem, Stored
from roomreel.model.time import Span
from roomreel.plan import make_plan
from roomreel.settings import Settings

HERE = Path(__file__).parent
LAYOUTS = HERE.parents[1] / "layouts"


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def medium(recording, facts):
    """A medium from `{size_bytes, problem}` and packets given as `{runs: [[from, to, step]]}`."""
    stored = (
        Stored(f"/{recording.sid}", facts["size_bytes"], "1") if "size_bytes" in facts else None
    )
    problem = Problem(*facts["problem"]) if "problem" in facts else None
    if "runs" not in facts:
        return MediaFile(stored, None, problem)
    pts = array("q", (at for run in facts["runs"] for at in range(*run)))
    keys = facts.get("keys")
    return MediaFile(
        stored,
        PacketIndex(
            type=recording.type,
            codec=facts["codec"],
            time_base=Fraction(facts.get("time_base", "1/1000")),
            pts=pts,
            durations=array("q", [facts.get("duration", 0)] * len(pts)),
            keys=array("b", [keys is None or at in keys for at in range(len(pts))]),
            payload_bytes=len(pts),
            delay=Fraction(facts.get("delay", 0)),
            truncated=facts.get("truncated", False),
        ),
        problem,
    )


@pytest.fixture(scope="session")
def plan_of_case():
    def build(folder):
        case = read(folder / "case.json")
        room_file = read(HERE / "rooms" / f"{case['room']}.json")
        room = parse_manifest(json.dumps(room_file["manifest"]).encode(), "room.json").room
        given = case["template"]
        if isinstance(given, str):
            template = parse_template((LAYOUTS / f"{given}.json").read_bytes(), given)
        else:
            template = parse_template(json.dumps(given).encode(), "case.json")
        media = {
            sid: medium(room.recording(sid), facts) for sid, facts in room_file["media"].items()
        }
        spurts = {
            sid: tuple(Span(Fraction(start, 1000), Fraction(end, 1000)) for start, end in spans)
            for sid, spans in room_file.get("talk", {}).items()
        }
        assets, hold = look_at_assets(template, Settings()), Fraction(case.get("hold_s", 60))
        return make_plan(room, template, media, hold, assets=assets, spurts=spurts)

    return build
