"""Tiles: who is in a cell at what time, and when a picture is seen there."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from roomreel.model.geometry import Rect
from roomreel.model.template import UnitKind
from roomreel.plan.tiles import Placed, tiles_of
from roomreel.plan.units import Unit


def test_a_tile_stays_through_pauses(make):
    camera = make.usable("V", 0, 60_000, participant_sid="PA2")
    camera = replace(camera, blanks=(make.span(10_000, 12_000), make.span(20_000, 30_000)))
    span = make.span(5000, 25_000)
    rect = Rect(0, 0, 16, 16)
    placed = [Placed(Unit(camera.span, (camera,)), 3, rect, span)]
    (tile,) = tiles_of(placed, UnitKind.RECORDING)
    assert tile.rect == rect
    assert (tile.cell, tile.participant_sid, tile.recording_sid, tile.span) == (3, "PA2", "V", span)
    assert tile.pictured == (make.span(5000, 10_000), make.span(12_000, 20_000))
    assert tile.blank == (make.span(10_000, 12_000), make.span(20_000, 25_000))
    assert sum(part.duration for part in (*tile.pictured, *tile.blank)) == Fraction(20)
