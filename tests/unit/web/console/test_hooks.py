"""Hooks by the pages: listed, shown, made, changed, deleted, previewed, by whoever may."""

from __future__ import annotations

import html
import json
import random
import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest

from roomreel.service.access.scopes import Scope
from roomreel.service.hooks import preview
from roomreel.service.hooks.hooks import HookFilter, delete_hook, find_hook, list_hooks
from roomreel.web.console import hook_preview
from roomreel.web.console import hooks as pages_of_hooks

sys.path.insert(0, str(Path(__file__).parents[3] / "servers"))
from api_in_process import Api, empty_api, sid_of, usual_api
from console_visit import OWN, Visit, sids_in, signed_in, token_in, words_of

HOOKS = "/console/hooks"
HOSTILE = [
    "<script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    '" onmouseover="x',
    "{{ 7 * 7 }}{% raw %}",
    "&lt;b&gt;&amp;",
    "\N{RIGHT-TO-LEFT OVERRIDE}x",
    "محادثة",
    "x" * 100,
]
LAYOUT = {"main": {"video_sources": ["camera"]}, "side": {"video_sources": ["*"], "x_pos": 400}}


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    with empty_api(tmp_path) as api:
        yield api


@pytest.fixture
def visit(api: Api) -> Iterator[Visit]:
    with signed_in(api) as visit:
        yield visit


class Fields(HTMLParser):
    """The fields of the form of a hook, as a browser has them."""

    def __init__(self, page: httpx.Response) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self.invalid: set[str] = set()
        self.attributes: set[str] = set()
        self._inside = False
        self._text: str | None = None
        self._select = ""
        self.feed(page.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.attributes |= given.keys()
        self._inside |= given.get("id") == "hook"
        if not self._inside:
            return
        name = given.get("name", "")
        if "aria-invalid" in given:
            self.invalid.add(name)
        if tag == "input" and (given.get("type") != "checkbox" or "checked" in given):
            self.values[name] = given.get("value", "on")
        elif tag == "textarea":
            self._text = name
            self.values[name] = ""
        elif tag == "select":
            self._select = name
        elif tag == "option" and "selected" in given:
            self._text = self._select
            self.values[self._select] = ""

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self.values[self._text] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._text:
            self.values[self._text] = self.values[self._text].removeprefix("\n")
        if tag in {"textarea", "option"}:
            self._text = None
        self._inside &= tag != "form"


def form_of(page: httpx.Response) -> dict[str, str]:
    return Fields(page).values


def send(visit: Visit, path: str, fields: dict[str, str]) -> httpx.Response:
    return visit.client.post(path, data=fields, headers=OWN)


def make(visit: Visit, **typed: str) -> str:
    """Make a hook by the form; return its path."""
    fields = form_of(visit.get(f"{HOOKS}/new")) | {"friendly_name": "one"} | typed
    answer = send(visit, HOOKS, fields)
    assert answer.status_code == 303, words_of(answer)
    return answer.headers["location"]


def hook_at(api: Api, path: str) -> Any:
    return find_hook(api.service, path.rpartition("/")[2])


def names(api: Api) -> list[str]:
    return [row["hook"].ready.name for row in list_hooks(api.service, HookFilter()).rows]


def put_file(api: Api, name: str = "lesson", **said: Any) -> None:
    folder = api.folder / "templates"
    folder.mkdir(exist_ok=True)
    document = {"schema": "roomreel.template/1", "friendly_name": name, "audio_sources": ["*"]}
    (folder / f"{name}.json").write_text(json.dumps(document | said))


def drawn(page: httpx.Response) -> str:
    """The part of a page that has the preview."""
    return page.text.partition('<section id="preview"')[2].partition("</section>")[0]


def test_without_any_it_says_how_to_make_one(api: Api, visit: Visit) -> None:
    page = visit.get(HOOKS)
    assert page.status_code == 200
    assert "There is no hook yet" in words_of(page)
    assert f'href="{HOOKS}/new"' in page.text
    with signed_in(api, {Scope.READ}) as reader:
        assert f"{HOOKS}/new" not in reader.get(HOOKS).text


def test_a_hook_is_made_shown_changed_and_deleted(api: Api, visit: Visit) -> None:
    path = make(visit, friendly_name="first", video_layout=json.dumps(LAYOUT), format="mp4")
    page = visit.get(path)
    words = words_of(page)
    assert "first" in words
    assert "made-up room : 10:00 min" in words
    assert page.text.count("<svg ") == 4
    before = hook_at(api, path).ready.template
    assert [one.name for one in before.regions] == ["main", "side"]

    edit = visit.get(f"{path}/edit")
    fields = form_of(edit) | {"friendly_name": "second", "resolution": "1280x720"}
    del fields["enabled"], fields["trim"]
    answer = send(visit, path, fields)
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    after = hook_at(api, path).ready.template
    assert (after.friendly_name, str(after.resolution)) == ("second", "1280x720")
    assert (after.enabled, after.trim, after.regions) == (False, False, before.regions)
    assert after.date_created == before.date_created
    assert "off" in words_of(visit.get(HOOKS))

    ask = visit.get(f"{path}/delete")
    assert "second" in words_of(ask)
    assert names(api) == ["second"]
    version = hook_at(api, path).version
    answer = visit.post(f"{path}/delete", {"version": version})
    assert (answer.status_code, answer.headers["location"]) == (303, HOOKS)
    assert names(api) == []
    assert visit.get(path).status_code == 404


def test_what_the_form_has_no_field_for_in_the_api_stays(api: Api, visit: Visit) -> None:
    sid = api.hook(1, rooms=["a*", "b"], frame_rate="30000/1001", passthrough=True)
    before = find_hook(api.service, sid).ready.template
    send(visit, f"{HOOKS}/{sid}", form_of(visit.get(f"{HOOKS}/{sid}/edit")))
    after = find_hook(api.service, sid).ready.template
    assert after.date_updated is not None
    kept = ("rooms", "frame_rate", "passthrough", "regions", "audio", "trim", "enabled", "format")
    for name in kept:
        assert getattr(after, name) == getattr(before, name)


def test_the_list_has_pages_newest_first(api: Api, visit: Visit) -> None:
    sids = [
        api.hook(n, date_created=f"2026-11-{1 + n % 28:02}T{n // 28:02}:00:00Z") for n in range(60)
    ]
    page = visit.get(HOOKS)
    older = re.search(r'href="([^"]*)">Older', page.text)
    assert older
    following = visit.get(html.unescape(older[1]))
    found = sids_in(page) + sids_in(following)
    assert len(found) == 60
    assert set(found) == set(sids)
    assert "Newer" in words_of(following)
    assert visit.get(f"{HOOKS}?page=nonsense").status_code == 400


@pytest.mark.parametrize("name", HOSTILE)
def test_names_of_strangers_are_text(api: Api, visit: Visit, name: str) -> None:
    source = name.replace("*", "x")
    layout = json.dumps({name: {"video_sources": [source]}, "b": {"video_sources": ["*"]}})
    typed = {
        "friendly_name": name,
        "video_layout": layout,
        "audio_sources": source,
        "rooms": name,
        "status_callback": f"https://example.org/{name}".replace(" ", "%20"),
    }
    path = make(visit, **typed)
    pages = [visit.get(one) for one in (HOOKS, path, f"{path}/edit", f"{path}/delete")]
    fields = form_of(pages[2])
    pages.append(send(visit, f"{HOOKS}/preview", fields | {"video_layout": layout + "x"}))
    pages.append(send(visit, HOOKS, fields))  # its name is taken
    for page in pages:
        assert page.status_code in {200, 400}
        assert "<script>" not in page.text
        assert not {one for one in Fields(page).attributes if one.startswith("on")}
        assert "49" not in words_of(page) or "{{" not in name
    shown = pages[1].text.partition("<h1>")[2].partition("</h1>")[0]
    assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in shown
    assert fields["friendly_name"] == name
    assert json.loads(fields["video_layout"]) == json.loads(layout)


def test_every_violation_is_beside_its_field_and_nothing_is_lost(api: Api, visit: Visit) -> None:
    wrong = {
        "friendly_name": "x" * 101,
        "resolution": "7x7",
        "frame_rate": "0",
        "audio_sources": "a\n**",
        "status_callback": "ftp://x",
        "video_layout": '{"a":\n {"width": 3}}',
        "rooms": "kept",
    }
    fields = form_of(visit.get(f"{HOOKS}/new")) | wrong
    page = send(visit, HOOKS, fields)
    assert page.status_code == 400
    assert "6 fields below are marked" in words_of(page)
    assert Fields(page).invalid == set(wrong) - {"rooms"}
    again = form_of(page)
    assert {name: again[name] for name in wrong} == wrong
    assert "line 2, /a/width" in words_of(page)
    for name in Fields(page).invalid:
        assert f'id="{name}-problem"' in page.text
        assert re.search(rf'aria-describedby="[^"]*{name}-problem"', page.text)
    assert names(api) == []


def test_a_name_is_given_once(api: Api, visit: Visit) -> None:
    make(visit, friendly_name="Taken")
    fields = form_of(visit.get(f"{HOOKS}/new")) | {"friendly_name": "tAKEN", "rooms": "kept"}
    page = send(visit, HOOKS, fields)
    assert page.status_code == 400
    assert Fields(page).invalid == {"friendly_name"}
    assert form_of(page)["rooms"] == "kept"


def test_the_later_of_two_sees_both_before_it_takes_the_place(api: Api, visit: Visit) -> None:
    path = make(visit, friendly_name="one")
    mine, theirs = form_of(visit.get(f"{path}/edit")), form_of(visit.get(f"{path}/edit"))
    assert send(visit, path, theirs | {"resolution": "320x240"}).status_code == 303
    page = send(visit, path, mine | {"format": "mp4", "audio_sources": "mic*"})
    assert page.status_code == 409
    words = words_of(page)
    assert "Somebody else has changed this hook" in words
    assert re.search(r"Resolution\s+320x240\s+640x480", words)
    assert re.search(r"Heard\s+\*\s+mic\*", words)
    assert "Rooms every room" not in words
    assert str(hook_at(api, path).ready.template.resolution) == "320x240"
    again = form_of(page)
    assert again["audio_sources"] == "mic*"
    assert send(visit, path, again).status_code == 303
    kept = hook_at(api, path).ready.template
    assert (str(kept.resolution), kept.format) == ("640x480", "mp4")


def test_what_is_deleted_while_both_are_looked_at_is_made_anew(
    api: Api, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make(visit)
    fields = form_of(visit.get(f"{path}/edit")) | {"version": "old", "rooms": "kept"}

    def gone(service: Any, sid: str) -> Any:
        delete_hook(service, sid)
        return find_hook(service, sid)

    monkeypatch.setattr(pages_of_hooks, "find_own_hook", gone)
    page = send(visit, path, fields)
    assert page.status_code == 409
    assert "was deleted meanwhile" in words_of(page)
    assert form_of(page)["rooms"] == "kept"


def test_what_was_changed_since_it_was_looked_at_is_not_deleted(api: Api, visit: Visit) -> None:
    path = make(visit)
    version = hook_at(api, path).version
    send(visit, path, form_of(visit.get(f"{path}/edit")) | {"friendly_name": "two"})
    for old in (version, "", "x"):
        page = visit.post(f"{path}/delete", {"version": old})
        assert page.status_code == 409
        assert "two" in words_of(page)
    assert names(api) == ["two"]


def test_who_edits_what_was_deleted_makes_it_anew(api: Api, visit: Visit) -> None:
    path = make(visit)
    fields = form_of(visit.get(f"{path}/edit")) | {"rooms": "kept"}
    visit.post(f"{path}/delete", {"version": hook_at(api, path).version})
    page = send(visit, path, fields)
    assert page.status_code == 409
    assert "was deleted meanwhile" in words_of(page)
    again = form_of(page)
    assert again["rooms"] == "kept"
    assert again["sid"] == ""
    assert f'action="{HOOKS}"' in page.text
    assert send(visit, HOOKS, again).status_code == 303
    assert names(api) == ["one"]


def test_a_file_is_shown_and_changed_by_nobody(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    with empty_api(tmp_path, templates=str(tmp_path / "templates")) as api:
        put_file(api)
        with signed_in(api) as visit:
            (sid,) = sids_in(visit.get(HOOKS))
            page = visit.get(f"{HOOKS}/{sid}")
            assert "is the file lesson.json in the folder of templates" in words_of(page)
            assert str(tmp_path) not in page.text
            assert "/edit" not in page.text
            assert "/delete" not in page.text
            for path in (f"{HOOKS}/{sid}/edit", f"{HOOKS}/{sid}/delete"):
                assert visit.get(path).status_code == 409
            fields = form_of(visit.get(f"{HOOKS}/new?like={sid}"))
            assert fields["friendly_name"] == "lesson (copy)"
            assert send(visit, f"{HOOKS}/{sid}", fields).status_code == 409
            assert visit.post(f"{HOOKS}/{sid}/delete").status_code == 409
            assert send(visit, HOOKS, fields).status_code == 303
            assert sorted(names(api)) == ["lesson", "lesson (copy)"]


def test_documents_that_cannot_be_used_are_named_and_can_be_deleted(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    with empty_api(tmp_path, templates=str(tmp_path / "templates")) as api:
        put_file(api, "lesson", format="avi", trim="<b>")
        sid = api.hook(1, resolution="<i>wide</i>")
        with signed_in(api) as visit:
            page = visit.get(HOOKS)
            words = words_of(page)
            assert f"{sid}.json cannot be used" in words
            assert "lesson.json cannot be used: set it right in the folder" in words
            assert '/format: expected "mp4" or "webm", found "avi"' in words
            assert "<i>" not in page.text
            assert str(tmp_path) not in page.text
            assert visit.get(f"{HOOKS}/{sid}").status_code == 409
            assert "cannot be used" in words_of(visit.get(f"{HOOKS}/{sid}/delete"))
            assert visit.post(f"{HOOKS}/{sid}/delete", {"version": ""}).status_code == 303
            assert sid not in visit.get(HOOKS).text


def test_a_callback_is_shown_without_its_secrets_to_readers(api: Api, visit: Visit) -> None:
    url = "https://user:hush@example.org/x?token=hush"
    path = make(visit, status_callback=url)
    assert form_of(visit.get(f"{path}/edit"))["status_callback"] == url
    with signed_in(api, {Scope.READ}) as reader:
        page = reader.get(path)
        assert "https://example.org/x" in page.text
        assert "hush" not in page.text


CHANGING = (HOOKS, f"{HOOKS}/preview", f"{HOOKS}/SID", f"{HOOKS}/SID/delete")


@pytest.mark.parametrize("path", CHANGING)
def test_forms_of_others_change_nothing(api: Api, visit: Visit, path: str) -> None:
    sid = api.hook(1)
    path = path.replace("SID", sid)
    fields = form_of(visit.get(f"{HOOKS}/{sid}/edit")) | {"friendly_name": "changed"}
    with signed_in(api) as other:
        for token in ("", "x", other.token()):
            assert send(visit, path, fields | {"token": token}).status_code == 403
    for told in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert visit.client.post(path, data=fields, headers=told).status_code == 403
    with signed_in(api, {Scope.READ}) as reader:
        mine = fields | {"token": token_in(reader.get(HOOKS))}
        answer = send(reader, path, mine)
        assert answer.status_code == 403
        assert "scope write" in words_of(answer)
    assert names(api) == ["hook 1"]


def test_readers_see_and_have_no_forms(api: Api) -> None:
    sid = api.hook(1)
    with signed_in(api, {Scope.READ}) as reader:
        page = reader.get(f"{HOOKS}/{sid}")
        assert page.status_code == 200
        assert "sound alone" in drawn(page)
        for path in (f"{HOOKS}/new", f"{HOOKS}/{sid}/edit", f"{HOOKS}/{sid}/delete"):
            assert path not in page.text
            assert reader.get(path).status_code == 403


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


@pytest.mark.parametrize("sid", ["HK1", "preview", "x" * 5000, sid_of("HK", 9), "HK" + "g" * 32])
def test_there_is_no_other(visit: Visit, sid: str) -> None:
    for path in (f"{HOOKS}/{sid}", f"{HOOKS}/{sid}/edit", f"{HOOKS}/{sid}/delete"):
        assert visit.get(path).status_code == 404
    assert visit.get(f"{HOOKS}/new?like={sid}").status_code == 404
    assert visit.post(f"{HOOKS}/{sid}/delete").status_code == 404


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
