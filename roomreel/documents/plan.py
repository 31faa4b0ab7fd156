"""The plan document, `roomreel.plan/1`: the only place that writes a plan as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from roomreel.documents.framing import framing_members
from roomreel.documents.look import colour_text
from roomreel.documents.mixing import decibels, loudness_document
from roomreel.documents.plan_overlays import overlay_members
from roomreel.model.layout import DEFAULT
from roomreel.model.look import BLACK
from roomreel.model.plan import (
    AudioClip,
    LayoutStretch,
    Passthrough,
    Placement,
    Plan,
    PlanWarning,
    RegionGrid,
    Scene,
    SpeakerStretch,
)
from roomreel.model.template import USUAL_CHAPTERS
from roomreel.model.time import decimal_text, to_ms

SCHEMA = "roomreel.plan/1"


def plan_document(plan: Plan) -> dict[str, Any]:
    """Return the plan as JSON values; keys in the order of the contract."""
    rate = plan.frame_rate
    return {
        "schema": SCHEMA,
        "room_sid": plan.room_sid,
        "template": plan.template,
        "resolution": str(plan.resolution),
        "format": plan.format.value,
        "frame_rate": f"{rate.numerator}/{rate.denominator}",
        "frame_count": plan.frame_count,
        "duration_ms": to_ms(plan.duration),
        "source_bytes": plan.source_bytes,
        "regions": [_region(region) for region in plan.regions],
        "scenes": [_scene(scene) for scene in plan.scenes],
        "audio": [_clip(clip) for clip in plan.audio],
        "warnings": [_warning(warning) for warning in plan.warnings],
        # Only where they are used: all other plan documents stay what they were.
        **({"window": asdict(plan.window)} if plan.window else {}),
        **({"passthrough": _passthrough(plan.passthrough)} if plan.passthrough else {}),
        **({"layouts": list(map(_layout, plan.layouts))} if plan.layouts else {}),
        **({"speaker": list(map(_speaker, plan.speaker))} if plan.speaker else {}),
        **overlay_members(plan.overlays, plan.assets),
        **({"loudness": loudness_document(plan.loudness)} if plan.loudness else {}),
        **_chapter_members(plan),
    }


def plan_json(plan: Plan) -> str:
    """Return the plan document as text; the same plan gives the same bytes, all of them ASCII."""
    return json.dumps(plan_document(plan), indent=2) + "\n"


def compact_plan_json(plan: Plan) -> str:
    """Return the same document on one line, which is half as long or less."""
    return json.dumps(plan_document(plan), separators=(",", ":")) + "\n"


def _region(region: RegionGrid) -> dict[str, Any]:
    return {
        "name": region.name,
        "x": region.rect.x,
        "y": region.rect.y,
        "width": region.rect.width,
        "height": region.rect.height,
        "z": region.z,
        "columns": region.columns,
        "rows": region.rows,
        **({} if region.bars == BLACK else {"bars": colour_text(region.bars)}),
        **({"corner_radius": region.corner_radius} if region.corner_radius else {}),
    }


def _layout(stretch: LayoutStretch) -> dict[str, Any]:
    return {
        "name": stretch.name,
        "start_frame": stretch.start_frame,
        "end_frame": stretch.end_frame,
        "regions": [_region(region) for region in stretch.regions],
    }


def _speaker(stretch: SpeakerStretch) -> dict[str, Any]:
    return {
        "start_frame": stretch.start_frame,
        "end_frame": stretch.end_frame,
        "participant_sid": stretch.participant_sid,
    }


def _scene(scene: Scene) -> dict[str, Any]:
    return {
        "start_frame": scene.start_frame,
        "end_frame": scene.end_frame,
        "placements": [_placement(placement) for placement in scene.placements],
    }


def _placement(placement: Placement) -> dict[str, Any]:
    return {
        "recording_sid": placement.recording_sid,
        **({} if placement.layout == DEFAULT else {"layout": placement.layout}),
        "region": placement.region,
        "cell": placement.cell,
        "x": placement.rect.x,
        "y": placement.rect.y,
        "width": placement.rect.width,
        "height": placement.rect.height,
        "z": placement.z,
        "media_start": decimal_text(placement.media_start),
        **framing_members(placement.framing),
    }


def _clip(clip: AudioClip) -> dict[str, Any]:
    return {
        "recording_sid": clip.recording_sid,
        "start_ms": to_ms(clip.span.start),
        "end_ms": to_ms(clip.span.end),
        "media_start": decimal_text(clip.media_start),
        **({"gain_db": decibels(clip.gain_db)} if clip.gain_db else {}),
    }


def _passthrough(passthrough: Passthrough) -> dict[str, str]:
    if passthrough.recording_sid:
        return {"recording_sid": passthrough.recording_sid}
    return {"refused": passthrough.refused}


def _chapter_members(plan: Plan) -> dict[str, Any]:
    """Return the members that say what begins a chapter, and all chapters; usual ones have none."""
    if plan.chapter_kinds == USUAL_CHAPTERS:
        return {}
    listed = [{"start_ms": to_ms(one.start), "title": one.title} for one in plan.chapters]
    return {"chapter_kinds": sorted(plan.chapter_kinds), "chapters": listed}


def _warning(warning: PlanWarning) -> dict[str, Any]:
    return {
        "code": warning.code.value,
        "recording_sid": warning.recording_sid,
        "message": warning.message,
    }
