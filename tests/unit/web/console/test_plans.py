"""The plan of a composition by the pages: who is where, chapters, and its picture."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[3] / "servers"))
from api_in_process import Api
from console_visit import Visit, signed_in, words_of
from planned import CAMERA, GONE, SID, VOICE, one_composition

from roomreel.web.console.plans import webvtt

HERE = f"/console/compositions/{SID}"


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """What tests only look at."""
    with one_composition(tmp_path_factory.mktemp("still")) as api:
        yield api


@pytest.fixture(scope="module")
def looks(still: Api) -> Iterator[Visit]:
    with signed_in(still) as visit:
        yield visit


@pytest.mark.parametrize(
    ("asked", "expected", "not_expected"),
    [
        ("t=0", ["nobody is shown", "audio of 0"], ["video of 0"]),
        ("t=2", ["video of 0", "left, cell 1", "audio of 0"], ["inset"]),
        ("t=0:07.5", ["video of 0", "inset, cell 1", GONE], []),
        ("t=7.5&x=20&y=20", ["inset, cell 1"], ["left, cell 1", "Heard"]),
        ("t=7.5&x=300&y=300", ["left, cell 1", "video of 0"], ["inset"]),
        ("t=7.5&x=500&y=300", ["nobody is shown there"], ["left"]),
        ("t=99999", ["nobody is shown"], ["Heard"]),
        ("", ["nobody is shown"], []),
    ],
)
def test_a_click_names_who_is_on_top_and_a_time_names_all(looks, asked, expected, not_expected):
    page = looks.get(f"{HERE}/shown?{asked}")
    assert page.status_code == 200
    said = words_of(page)
    assert [words for words in expected if words not in said] == []
    assert [words for words in not_expected if words in said] == []


def test_who_is_shown_leads_to_the_recording(looks):
    page = looks.get(f"{HERE}/shown?t=3&x=1&y=1").text
    assert f'href="/console/recordings/{CAMERA}"' in page
    assert f'href="/console/recordings/{VOICE}"' in looks.get(f"{HERE}/shown?t=3").text


@pytest.mark.parametrize(
    "asked", ["t=x", "t=1e9", "t=1:2:3:4", "t=-1", "t=1/0", "x=1&y=z", "x=-1&y=2", "t=1&t=2"]
)
def test_what_is_no_time_or_place_is_told(looks, asked):
    assert looks.get(f"{HERE}/shown?{asked}").status_code == 400


def test_chapters_are_a_track_of_webvtt(looks):
    got = looks.get(f"{HERE}/chapters.vtt")
    assert got.headers["content-type"].startswith("text/vtt")
    assert got.text == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:02.000\naudio joins\n\n"
        "00:00:02.000 --> 00:00:07.000\nvideo joins\n\n"
        f"00:00:07.000 --> 00:00:08.000\n{GONE} joins\n\n"
        f"00:00:08.000 --> 00:00:10.000\n{GONE} and video leave\n"
    )


def test_without_chapters_the_track_is_empty():
    assert webvtt([], Fraction(10)) == "WEBVTT\n"


def test_the_plan_is_drawn_with_names_and_runs_nothing(looks):
    got = looks.get(f"{HERE}/plan.svg")
    assert got.headers["content-type"] == "image/svg+xml"
    assert "sandbox" in got.headers["content-security-policy"]
    assert "video of 0" in got.text
    assert "<script" not in got.text
