"""Documents that their JSON Schemas allow, chosen by a seed: what hostile ones are made from."""

from __future__ import annotations

import json
import re._constants as ops
import re._parser as regex
import string
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import resources
from random import Random
from typing import Any

MOST_ITEMS = 5
"""Of an array; large ones are the business of mutations."""

COHERENT = 0.8
"""How often a document keeps the rules that its schema cannot say, too."""

OFTEN = 0.85
"""How often a member that may be left out is there."""

# References within references, from where on nothing optional is made: conditions hold conditions.
DEEP = 3
CLASSES = {
    ops.CATEGORY_SPACE: " \t",
    ops.CATEGORY_NOT_SPACE: string.ascii_letters + "./-",
    ops.CATEGORY_DIGIT: string.digits,
}


@cache
def schema(name: str) -> dict[str, Any]:
    """The published schema `room-1` or `template-1`."""
    text = resources.files("roomreel.schemas").joinpath(f"{name}.schema.json").read_text()
    found: dict[str, Any] = json.loads(text)
    return found


def document(name: str, random: Random) -> dict[str, Any]:
    """A document as its schema allows it."""
    made: dict[str, Any] = _Maker(schema(name), random).value(schema(name))
    if random.random() < COHERENT:
        (_make_coherent_room if name == "room-1" else _make_coherent_template)(made, random)
    return made


def _make_coherent_room(room: dict[str, Any], random: Random) -> None:
    """Have a room keep the rules that no schema can say, and be over."""
    room["room"] |= {"status": "completed", "end_time": "2026-11-20T10:00:00Z"}
    if random.random() < 0.5:
        room["room"].pop("recording_rules", None)
    for rule in room["room"].get("recording_rules") or ():
        kept = random.choice(["all", "kind", "publisher", "track"])
        for filtered in {"all", "kind", "publisher", "track"} & rule.keys():
            del rule[filtered]
        rule[kept] = {"all": True, "kind": "video"}.get(kept, "camera")
    sids = [one["sid"] for one in room.get("participants") or ()]
    for recording in room.get("recordings") or ():
        recording["status"] = random.choice(["completed"] * 5 + ["deleted", "failed"])
        recording["participant_sid"] = random.choice(sids or [recording["participant_sid"]])
        recording.pop("encryption", None)
    if isinstance(room.get("events"), list):
        room["events"] = [_coherent_event(one, random) for one in room["events"]]


def _coherent_event(event: dict[str, Any], random: Random) -> dict[str, Any]:
    """An event that says what those of its type do, near the beginning of the call."""
    said = {"layout": {"value": "qa"}, "mark": {"text": "Questions"}}.get(event["type"], {})
    return {"at_ms": random.randint(0, 10_000), "type": event["type"]} | said


def _make_coherent_template(template: dict[str, Any], random: Random) -> None:
    """Have a template keep the rules that no schema can say, and select something."""
    template |= {"audio_sources": ["*"], "resolution": random.choice(["640x480", "1279x721"])}
    for member in ("audio_sources_excluded", "audio"):
        template.pop(member, None)
    template["frame_rate"] = random.choice([1, 25, 60, "30000/1001", "1/1"])
    overlays = template.get("overlays") or []
    template["overlays"] = [_coherent_overlay(one, random) for one in overlays]
    (template.get("background") or {}).pop("image", None)
    layouts = template.get("layouts") or {}
    for rule in template.get("layout_rules") or ():
        rule["layout"] = random.choice(["default", *layouts])
        rule["when"] = random.choice(CONDITIONS)
    shown = [template.get("video_layout"), *(one["video_layout"] for one in layouts.values())]
    for regions in shown:
        _make_coherent_grids(regions or {}, random)
    for region in (region for regions in shown for region in (regions or {}).values()):
        region["video_sources"].insert(0, "*")
        region.pop("video_sources_excluded", None)
        region.pop("cells_excluded", None)
        (region.get("label") or {}).pop("max_width", None)
        if {"voice_sources", "voice_sources_excluded"} & region.keys():
            region["unit"] = "participant"
        for side in {"x_pos", "y_pos", "width", "height"} & region.keys():
            region[side] = random.choice([None, 16, 100])
        if {"gap", "padding"} & region.keys():
            # Cells have 16 pixels beside them.
            region["padding"] = random.choice([None, 0, 8, 40])
            region.update(dict.fromkeys({"width", "height"} & region.keys(), 100))
            region.update(dict.fromkeys({"max_columns", "max_rows"} & region.keys(), 1))


def _make_coherent_grids(regions: dict[str, Any], random: Random) -> None:
    """Have regions that follow who is there exclude earlier ones alone, and no others."""
    for number, region in enumerate(regions.values()):
        is_current = region.get("grid") == "current"
        region.pop("reuse" if is_current else "not_shown_in", None)
        if region.get("not_shown_in"):
            region["not_shown_in"] = random.sample([*regions][:number], min(number, 1))


CONDITIONS = (
    {"present": ["*screen"]},
    {"absent": ["*"], "between": [{"start_ms": 0, "end_ms": 5000}]},
    {"any": [{"marked": "qa"}, {"not": {"count": {"sources": ["*"], "min": 2}}}]},
)

OF_OVERLAYS = {
    "text": {"text": "{room} at {date}"},
    "clock": {"clock": "room", "format": "MM:SS"},
    "image": {"image": "brand/logo.png"},
}


def _coherent_overlay(overlay: dict[str, Any], random: Random) -> dict[str, Any]:
    """An overlay that has the members of its type alone, and lies within the picture."""
    others = {"text", "clock", "format", "utc_offset_minutes", "image", "style"}
    kept = {key: value for key, value in overlay.items() if key not in others}
    for side in {"x", "y", "width", "height", "between", "layouts"} & kept.keys():
        del kept[side]
    return kept | {"x": random.choice([None, 0, 40])} | OF_OVERLAYS[overlay["type"]]


class _Maker:
    """One choice after the other, as a schema leaves them open."""

    def __init__(self, whole: dict[str, Any], random: Random) -> None:
        self._defs, self._random, self._depth = whole["$defs"], random, 0
        self._makers: dict[str, Callable[[dict[str, Any]], Any]] = {
            "object": self._object,
            "array": self._array,
            "string": self._string,
            "integer": self._integer,
            "number": lambda schema: self._integer(schema) + self._random.choice((0, 0.5)),
            "boolean": lambda _: random.random() < 0.5,
            "null": lambda _: None,
        }

    def value(self, schema: dict[str, Any]) -> Any:
        if "$ref" in schema:
            self._depth += 1
            made = self.value(self._defs[schema["$ref"].rpartition("/")[2]])
            self._depth -= 1
            return made
        values = schema.get("enum", [schema["const"]] if "const" in schema else [])
        if values:
            return self._random.choice(values)
        if "oneOf" in schema:
            return self.value(self._one_of(schema))
        types = schema["type"]
        kinds = [types] if isinstance(types, str) else sorted(types, key="null".__eq__)
        weights = [1 if kind == "null" else 6 for kind in kinds]
        return self._makers[self._random.choices(kinds, weights)[0]](schema)

    def _one_of(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return what a schema is for one of its alternatives, without what others require."""
        chosen, *others = self._random.sample(schema["oneOf"], len(schema["oneOf"]))
        foreign = {key for other in others for key in other.get("required", ())}
        required = chosen.get("required", ())
        members = {
            key: member | {"type": "string"} if key in required else member
            for key, member in schema["properties"].items()
            if key not in foreign
        }
        rest = {key: value for key, value in schema.items() if key != "oneOf"}
        return rest | {"type": chosen["type"], "properties": members, "required": required}

    def _object(self, schema: dict[str, Any]) -> dict[str, Any]:
        required = schema.get("required", ())
        made = {
            key: self.value(member)
            for key, member in schema.get("properties", {}).items()
            if key in required or self._random.random() < (OFTEN if self._depth < DEEP else 0)
        }
        more = schema.get("additionalProperties")
        if isinstance(more, dict):
            names = (f"region-{number}" for number in range(self._random.randint(1, MOST_ITEMS)))
            made |= {name: self.value(more) for name in names}
        return made

    def _array(self, schema: dict[str, Any]) -> list[Any]:
        least = schema.get("minItems", 0)
        return [self.value(schema["items"]) for _ in range(self._random.randint(least, MOST_ITEMS))]

    def _integer(self, schema: dict[str, Any]) -> int:
        least = schema.get("minimum", -5000)
        most = schema.get("maximum", least + 10_000)
        return self._random.choice([least, least + 1, most, self._random.randint(least, most)])

    def _string(self, schema: dict[str, Any]) -> str:
        if schema.get("format") == "date-time":
            at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=self._random.randint(0, 40_000))
            return f"{at:%Y-%m-%dT%H:%M:%SZ}"
        if "pattern" in schema:
            return self._matching(regex.parse(schema["pattern"]))
        letters = string.ascii_letters + " -_é😀"
        least, most = schema.get("minLength", 0), min(schema.get("maxLength", 12), 12)
        return "".join(self._random.choices(letters, k=self._random.randint(least, most)))

    def _matching(self, pattern: Iterable[tuple[Any, Any]]) -> str:
        """A text that a pattern matches."""
        return "".join(self._piece(op, argument) for op, argument in pattern)

    def _piece(self, op: Any, argument: Any) -> str:  # noqa: PLR0911  a row each
        match op:
            case ops.AT:
                return ""
            case ops.LITERAL:
                return chr(argument)
            case ops.NOT_LITERAL:
                return self._random.choice([c for c in string.ascii_letters if ord(c) != argument])
            case ops.MAX_REPEAT:
                least, most, inside = argument
                times = self._random.randint(least, min(most, least + 3))
                return "".join(self._matching(inside) for _ in range(times))
            case ops.BRANCH:
                return self._matching(self._random.choice(argument[1]))
            case ops.SUBPATTERN:
                return self._matching(argument[3])
            case ops.IN:
                return self._random.choice(_characters(argument))
        raise NotImplementedError(f"patterns with {op}")


def _characters(choices: list[tuple[Any, Any]]) -> str:
    """Printable ASCII that a set in brackets names."""
    inverted = choices[0][0] is ops.NEGATE
    named = ""
    for op, argument in choices[inverted:]:
        if op is ops.LITERAL:
            named += chr(argument)
        elif op is ops.RANGE:
            named += "".join(map(chr, range(argument[0], argument[1] + 1)))
        else:
            named += CLASSES[argument]
    return named if not inverted else "".join(set(string.ascii_letters) - set(named)) or "?"
