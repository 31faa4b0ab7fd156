from importlib import resources

import pytest

from roomreel.documents.template import parse_template
from roomreel.model.template import Reuse

FILES = sorted(
    (file for file in resources.files("roomreel.layouts").iterdir() if file.name.endswith(".json")),
    key=lambda file: file.name,
)

# The layouts of the hosted service's documentation, to the letter.
DOCUMENTED = {
    "transcode": {"transcode": {"video_sources": ["RTXXXX"]}},
    "participant": {"single": {"video_sources": ["PAXXXX"]}},
    "grid": {"grid": {"video_sources": ["*"]}},
    "row": {"grid": {"max_rows": 1, "video_sources": ["RTAAAA", "MTBBBB", "teacher-webcast"]}},
    "sequence": {
        "sequence": {
            "max_rows": 1,
            "max_columns": 1,
            "reuse": "show_newest",
            "video_sources": ["teacher-video-sess-*"],
        }
    },
    "pip": {
        "main": {"z_pos": 1, "video_sources": ["screen-presentation"]},
        "pip": {
            "z_pos": 2,
            "x_pos": 1000,
            "y_pos": 30,
            "width": 240,
            "height": 180,
            "video_sources": ["MTBBBB"],
        },
    },
    "main with row": {
        "main": {"z_pos": 1, "video_sources": ["teacher-screen-video"]},
        "row": {
            "z_pos": 2,
            "x_pos": 10,
            "y_pos": 530,
            "width": 1260,
            "height": 160,
            "max_rows": 1,
            "video_sources": ["*"],
            "video_sources_excluded": ["teacher-screen-video"],
        },
    },
    "column": {
        "column": {
            "z_pos": 3,
            "x_pos": 40,
            "y_pos": 10,
            "width": 190,
            "height": 700,
            "max_rows": 5,
            "max_columns": 1,
            "reuse": "show_newest",
            "video_sources": ["student-*"],
        }
    },
    "mosaic": {
        "interviewed": {
            "z_pos": 2,
            "x_pos": 400,
            "y_pos": 180,
            "width": 480,
            "height": 360,
            "video_sources": ["interviewed-video"],
        },
        "interviewers": {
            "z_pos": 1,
            "x_pos": 10,
            "y_pos": 0,
            "width": 1260,
            "height": 720,
            "max_rows": 3,
            "max_columns": 3,
            "cells_excluded": [4],
            "reuse": "show_newest",
            "video_sources": ["interviewer-*"],
        },
    },
    "chess": {
        "chess_table": {
            "x_pos": 10,
            "y_pos": 0,
            "width": 1260,
            "height": 720,
            "max_rows": 3,
            "max_columns": 3,
            "cells_excluded": ["1", "3", "5", "7"],
            "reuse": "show_newest",
            "video_sources": ["*"],
        }
    },
    "as the service echoes it": {
        "grid": {
            "cells_excluded": [],
            "height": None,
            "width": None,
            "max_columns": None,
            "max_rows": None,
            "reuse": "show_oldest",
            "video_sources": ["*"],
            "video_sources_excluded": [],
            "x_pos": 0,
            "y_pos": 0,
            "z_pos": 0,
        }
    },
}


@pytest.mark.parametrize("name", DOCUMENTED)
def test_a_documented_layout_is_valid_unchanged(template_violations, name):
    document = {
        "schema": "roomreel.template/1",
        "friendly_name": name,
        "video_layout": DOCUMENTED[name],
        "resolution": "1280x720",
    }
    assert template_violations(document) == ()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_shipped_template_is_valid_and_named_as_its_file(file):
    template = parse_template(file.read_bytes(), file.name)
    assert f"{template.friendly_name}.json" == file.name


def test_every_documented_layout_is_shipped():
    assert {file.name.removesuffix(".json") for file in FILES} == {
        "audio-only",
        "chess",
        "gallery",
        "grid",
        "interview",
        "main-column-pip",
        "mosaic",
        "participant",
        "picture-in-picture",
        "presenter",
        "row",
        "sequence",
        "single-recording",
        "voice-only",
        "webinar",
    }


def test_only_the_grid_is_enabled():
    templates = [parse_template(file.read_bytes(), file.name) for file in FILES]
    assert [template.friendly_name for template in templates if template.enabled] == ["grid"]


def test_the_mosaic_is_the_documented_one():
    file = next(file for file in FILES if file.name == "mosaic.json")
    interviewers = parse_template(file.read_bytes(), file.name).regions[1]
    assert (interviewers.max_columns, interviewers.max_rows) == (3, 3)
    assert (interviewers.cells_excluded, interviewers.reuse) == ((4,), Reuse.SHOW_NEWEST)
