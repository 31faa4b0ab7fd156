"""Previews of hooks by the pages: what is drawn while one types, and what is not."""

from __future__ import annotations

import html
import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from roomreel.service.hooks import preview
from roomreel.web.console import hook_preview

sys.path.insert(0, str(Path(__file__).parents[3] / "servers"))
from api_in_process import Api, empty_api, sid_of, usual_api
from console_visit import Visit, signed_in, words_of
from hook_form import HOOKS, HOSTILE, LAYOUT, Fields, drawn, form_of, hook_at, make, send


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    with empty_api(tmp_path) as api:
        yield api


def test_a_preview_changes_nothing_and_keeps_what_was_typed(api: Api, visit: Visit) -> None:
    path = make(visit)
    fields = form_of(visit.get(f"{path}/edit")) | {"video_layout": json.dumps(LAYOUT)}
    page = send(visit, f"{HOOKS}/preview", fields | {"cameras": "2", "rooms": "a\nb"})
    assert page.status_code == 200
    assert "side" in drawn(page)
    assert "person 2" in drawn(page)
    assert "person 3" not in drawn(page)
    again = form_of(page)
    expected = fields | {"cameras": "2", "rooms": "a\nb"}
    assert again == expected
    assert "side" not in str(hook_at(api, path).ready.template.regions)
    assert send(visit, path, again).status_code == 303  # by the version it began with


def test_boxes_that_are_not_ticked_stay_so(api: Api, visit: Visit) -> None:
    path = make(visit)
    fields = form_of(visit.get(f"{path}/edit"))
    for box in ("screen", "phone", "trim", "enabled"):
        del fields[box]
    again = form_of(send(visit, f"{HOOKS}/preview", fields))
    assert not {"screen", "phone", "trim", "enabled"} & set(again)
    page = visit.get(f"{path}?chosen=1&cameras=1")
    assert "screen" not in drawn(page)
    assert "screen" in drawn(visit.get(path))


@pytest.mark.parametrize(
    ("room", "said"),
    [
        ("call 1", "call 1 : 0.7 s, 1 scene"),
        (sid_of("RM", 1), "call 1 : 0.7 s, 1 scene"),
        ("call 4", "is in-progress"),
        ("nobody <b>", "There is no room nobody <b>"),
        ("x" * 10_000, "(10000 characters)"),
    ],
)
def test_a_room_is_chosen_by_its_name_or_sid(tmp_path: Path, room: str, said: str) -> None:
    with usual_api(tmp_path) as api, signed_in(api) as visit:
        fields = form_of(visit.get(f"{HOOKS}/new"))
        page = send(visit, f"{HOOKS}/preview", fields | {"room": room})
        assert page.status_code == 200
        assert said in words_of(page)
        assert form_of(page)["room"] == room


WRONG_LAYOUTS = [
    ("{", "line 1"),
    ('{"a": {"width": 5}}', "line 1, /a/width"),
    ('{"a": {"video_sources": ["nobody"]}}', "selects no recording"),
    ("[" * 5000, "line 1"),
    ('{"a": ' + "9" * 5000 + "}", "line 1, /a"),
    (
        json.dumps({f"r{n}": {"video_sources": ["*"]} for n in range(900)}),
        "too much to draw here",
    ),
    (json.dumps({"a": {"video_sources": ["x"] * 9000}}), "too much to draw here"),
    ('{"<script>": 1}', "/<script>"),
]


@pytest.mark.parametrize(("layout", "said"), WRONG_LAYOUTS)
def test_what_is_wrong_with_a_layout_takes_the_place_of_its_picture(
    visit: Visit, layout: str, said: str
) -> None:
    fields = form_of(visit.get(f"{HOOKS}/new")) | {"audio_sources": ""}
    page = send(visit, f"{HOOKS}/preview", fields | {"video_layout": layout})
    assert page.status_code == 200
    assert said in html.unescape(drawn(page))
    assert "<svg" not in drawn(page)
    assert "<script>" not in drawn(page)
    assert form_of(page)["video_layout"] == layout
    # A page of problems is no longer than what was typed, and some.
    assert len(page.text) < len(html.escape(layout)) + 40_000


def test_what_is_larger_than_any_form_is_refused(visit: Visit) -> None:
    fields = form_of(visit.get(f"{HOOKS}/new"))
    for size in (300_000, 2_000_000):
        answer = send(visit, f"{HOOKS}/preview", fields | {"video_layout": " " * size})
        assert answer.status_code in {400, 413}


@pytest.mark.parametrize("cameras", ["51", "-1", "x", "1e1", "9" * 5000, "²"])
def test_no_more_people_are_made_up_than_can_be_drawn(visit: Visit, cameras: str) -> None:
    fields = form_of(visit.get(f"{HOOKS}/new")) | {"cameras": cameras}
    page = send(visit, f"{HOOKS}/preview", fields)
    assert page.status_code == 200
    assert "a number from 0 to 50" in words_of(page)
    assert "cameras" in Fields(page).invalid


def test_somebody_has_to_be_in_the_room(visit: Visit) -> None:
    fields = form_of(visit.get(f"{HOOKS}/new")) | {"cameras": "0"}
    del fields["screen"], fields["phone"]
    assert "somebody has to be there" in words_of(send(visit, f"{HOOKS}/preview", fields))
    page = send(visit, f"{HOOKS}/preview", fields | {"phone": "on"})
    assert "the composition is sound alone" in words_of(page)
    assert "caller" in drawn(page)


def test_what_fails_leaves_what_was_typed(
    api: Api, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    fields = form_of(visit.get(f"{HOOKS}/new")) | {"friendly_name": "kept"}
    monkeypatch.setattr(preview, "_AT_ONCE", type("", (), {"acquire": lambda *_, **__: False})())
    page = send(visit, f"{HOOKS}/preview", fields)
    assert page.status_code == 200
    assert "Previews of others are being drawn" in words_of(page)
    assert form_of(page)["friendly_name"] == "kept"
    monkeypatch.undo()
    hooks = Path(str(api.service.settings.hooks_root))
    hooks.parent.mkdir(parents=True, exist_ok=True)
    hooks.write_text("no folder")
    page = send(visit, HOOKS, fields)
    assert page.status_code == 503
    assert "It is not saved" in words_of(page)
    assert form_of(page)["friendly_name"] == "kept"


def test_any_form_is_answered_with_a_page(visit: Visit) -> None:
    chance = random.Random(20_261_130)
    odd = ["", "x", "0", "[]", "{}", '{"a": []}', "*", "a\n\n**", "9" * 400, *HOSTILE]
    fields = form_of(visit.get(f"{HOOKS}/new"))
    changed = [name for name in fields if name not in {"token", "sid", "version"}]
    for _ in range(40):
        given = fields | {name: chance.choice(odd) for name in chance.sample(changed, 4)}
        page = send(visit, f"{HOOKS}/preview", given)
        assert page.status_code == 200
        assert drawn(page)
        assert set(hook_preview._USUAL) & set(form_of(page))
