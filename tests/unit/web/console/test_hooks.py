"""Hooks by the pages: listed, shown, made, changed, deleted, previewed, by whoever may."""

from __future__ import annotations

import html
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from roomreel.service.access.scopes import Scope
from roomreel.service.hooks.hooks import HookFilter, delete_hook, find_hook, list_hooks
from roomreel.web.console import hooks as pages_of_hooks

sys.path.insert(0, str(Path(__file__).parents[3] / "servers"))
from api_in_process import Api, empty_api, sid_of
from console_visit import Visit, sids_in, signed_in, token_in, words_of
from hook_form import HOOKS, HOSTILE, LAYOUT, Fields, drawn, form_of, hook_at, make, send


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    with empty_api(tmp_path) as api:
        yield api


def names(api: Api) -> list[str]:
    return [row["hook"].ready.name for row in list_hooks(api.service, HookFilter()).rows]


def put_file(api: Api, name: str = "lesson", **said: Any) -> None:
    folder = api.folder / "templates"
    folder.mkdir(exist_ok=True)
    document = {"schema": "roomreel.template/1", "friendly_name": name, "audio_sources": ["*"]}
    (folder / f"{name}.json").write_text(json.dumps(document | said))


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
        assert "60481729" not in words_of(page) or "{{" not in name
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


@pytest.mark.parametrize("sid", ["HK1", "preview", "x" * 5000, sid_of("HK", 9), "HK" + "g" * 32])
def test_there_is_no_other(visit: Visit, sid: str) -> None:
    for path in (f"{HOOKS}/{sid}", f"{HOOKS}/{sid}/edit", f"{HOOKS}/{sid}/delete"):
        assert visit.get(path).status_code == 404
    assert visit.get(f"{HOOKS}/new?like={sid}").status_code == 404
    assert visit.post(f"{HOOKS}/{sid}/delete").status_code == 404
