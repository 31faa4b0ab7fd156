"""The page of one recording: what it says of each state, its file, and where it is used."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from roomreel.catalog.catalog import Catalog
from roomreel.errors import CatalogError
from roomreel.model.table import Table
from roomreel.service.access.scopes import ALL_SCOPES, Scope

sys.path.insert(0, str(Path(__file__).parents[3] / "servers"))
from api_in_process import NOON, Api, composition, composition_sid, empty_api, recording, sid_of
from console_visit import signed_in, visiting, words_of

SID = sid_of("RT", 0, "video")
HERE = f"/console/recordings/{SID}"
BYTES = b"not a picture"


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    with empty_api(tmp_path) as api:
        api.room(0)
        place = tmp_path / "rooms" / "camera.mkv"
        place.write_bytes(BYTES)
        api.record(Table.RECORDINGS, recorded(api), recording(0, "audio"))
        used = {"recording_sid": SID, "type": "video", "start_ms": 0, "end_ms": 5, "shown_ms": 4000}
        other = used | {"recording_sid": sid_of("RT", 0, "audio")}
        rows = (
            composition(0, recordings=[used, other], template="with"),
            composition(4, recordings=[other], template="without"),
            composition(8, recordings=None, template="unknown"),
            composition(1, recordings=[used], template="elsewhere"),
        )
        api.record(Table.COMPOSITIONS, *rows)
        api.look()
        yield api


def recorded(api: Api, **said):
    place = api.folder / "rooms" / "camera.mkv"
    more = {"media_url": str(place), "size_bytes": len(BYTES), "width": 320, "height": 240}
    return recording(0, "video", **more) | said


def put(api: Api, **said) -> None:
    api.record(Table.RECORDINGS, recorded(api, updated_at=NOON.replace(hour=13), **said))
    api.look()


def test_it_has_a_player_facts_and_actions(visit):
    page = visit.get(HERE)
    assert page.status_code == 200
    assert f'<video id="player" controls preload="metadata" playsinline src="{HERE}/media"' in (
        page.text
    )
    said = words_of(page)
    for words in ("Recording of call 0", "video of 0", "240 pixels", "0.7 s", "250 ms", "Download"):
        assert words in said, words
    assert f'href="{HERE}/media?save"' in page.text
    assert f'<a href="{HERE}">{SID}</a>' in visit.get("/console/recordings").text


def test_facts_that_no_list_has_are_those_of_the_catalogs(api, visit):
    put(api, gap_count=3, gap_ms=9_500, drift_ppm=-12.34, decode_errors=0)
    said = words_of(visit.get(HERE))
    for words in ("Pauses over 2 s 3", "together 9 500 ms", "-12.3 ppm", "do not decode 0"):
        assert words in said, words


@pytest.mark.parametrize(
    ("kind", "expected"), [("audio", '<audio id="player"'), ("data", "have no player")]
)
def test_sound_has_a_player_of_sound_and_data_none(api, visit, kind, expected):
    put(api, type=kind)
    page = visit.get(HERE).text
    assert expected in page
    assert "<video" not in page
    assert "Download" in page


def test_its_file_is_sent_by_ranges(visit):
    got = visit.get(f"{HERE}/media", headers={"Range": "bytes=4-"})
    assert (got.status_code, got.content) == (206, BYTES[4:])
    assert got.headers["content-type"] == "video/x-matroska"
    saved = visit.get(f"{HERE}/media?save").headers["content-disposition"]
    assert saved == f'attachment; filename="{SID}.mkv"'


def test_it_leads_to_the_compositions_of_its_room_that_use_it(visit):
    assert f'hx-get="{HERE}/compositions"' in visit.get(HERE).text
    page = visit.get(f"{HERE}/compositions")
    assert f'href="/console/compositions/{composition_sid(0)}"' in page.text
    said = words_of(page)
    assert "for 4.0 s" in said
    for name in ("without", "unknown", "elsewhere"):
        assert name not in said


def test_where_the_catalogs_cannot_be_read_the_rest_is_shown(api, visit, monkeypatch):
    def fail(*_: object) -> None:
        raise CatalogError("it is damaged")

    monkeypatch.setattr(Catalog, "find", fail)
    assert "Download" in words_of(visit.get(HERE))
    part = visit.get(f"{HERE}/compositions")
    assert part.status_code == 200
    assert "not known now: it is damaged" in words_of(part)


def test_where_none_uses_it_that_is_said(api, visit):
    other = f"/console/recordings/{sid_of('RT', 0, 'audio')}/compositions"
    assert "with" in words_of(visit.get(other))
    api.room(2)
    api.look()
    unused = f"/console/recordings/{sid_of('RT', 2, 'audio')}/compositions"
    assert "None of the newest 100" in words_of(visit.get(unused))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"status": "failed"}, "It failed"),
        ({"status": "deleted", "date_deleted": NOON}, "It was deleted on 2026-11-20 12:00 UTC"),
        ({"media_url": "/etc/passwd"}, "not in a folder of media_roots"),
        ({"media_url": None}, "There is nothing to play"),
    ],
)
def test_each_state_is_told(api, visit, said, expected):
    put(api, **said)
    page = visit.get(HERE)
    assert page.status_code == 200
    assert expected in words_of(page)
    assert "<video" not in page.text
    assert "Download" not in words_of(page)
    assert visit.get(f"{HERE}/media").status_code == 404


def test_a_file_that_is_gone_is_told(api, visit):
    (api.folder / "rooms" / "camera.mkv").unlink()
    page = visit.get(HERE)
    assert page.status_code == 200
    assert "the file is gone" in words_of(page)


def test_one_that_is_still_processed_says_so(api, visit):
    api.room(4, "in-progress")
    api.look()
    page = visit.get(f"/console/recordings/{sid_of('RT', 4, 'video')}")
    assert "has not finished it yet" in words_of(page)
    assert "Delete" not in words_of(page)


def test_an_encrypted_one_is_not_played(api, visit):
    sealed = {
        "x-amz-key": "a2V5",
        "x-amz-iv": "AAAAAAAAAAAAAAAAAAAAAA==",
        "x-amz-unencrypted-content-length": "1000",
        "x-amz-matdesc": "{}",
    }
    (api.folder / "rooms" / "camera.mkv.instruction").write_text(json.dumps(sealed))
    page = visit.get(HERE)
    assert "encrypted, so no browser plays it" in words_of(page)
    assert "<video" not in page.text
    assert "Download" in words_of(page)


def test_media_need_the_scope_and_deleting_another(api):
    with signed_in(api, ALL_SCOPES - {Scope.MEDIA, Scope.WRITE}) as visit:
        page = visit.get(HERE)
        assert "does not have the scope media" in words_of(page)
        assert "may only look" in words_of(page)
        assert "Delete" not in words_of(page)
        assert visit.get(f"{HERE}/media").status_code == 403
        assert visit.get(f"{HERE}/compositions").status_code == 200


@pytest.mark.parametrize("part", ["", "/media", "/compositions"])
def test_what_is_not_there_and_who_is_not_signed_in(api, visit, part):
    for sid in (sid_of("RT", "nobody"), "RT", "x" * 3000, composition_sid(0)):
        answer = visit.get(f"/console/recordings/{sid}{part}")
        assert answer.status_code == 404
        assert "Not found" in words_of(answer)
    with visiting(api) as stranger:
        assert stranger.get(HERE + part).status_code == 303


def test_while_lists_are_filled_it_says_so(api, visit):
    api.service.seen.clear()
    answer = visit.get(f"/console/recordings/{sid_of('RT', 'nobody')}")
    assert "the lists are being filled" in words_of(answer)


def test_people_are_shown_by_their_name(api, visit):
    put(api, participant_identity="u-17", participant_name="Zoë")
    words = words_of(visit.get(HERE))
    assert "Zoë" in words
    assert "u-17" not in words
    # Rows of an earlier version have none.
    put(api, participant_identity="u-17", participant_name=None)
    assert "u-17" in words_of(visit.get(HERE))


HOSTILE = ("<script>alert(1)</script>", '"><img src=x>', "x" * 10_000, "\u202eabc", "", "{{ 7*7 }}")


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: name[:12])
def test_names_of_strangers_are_words_alone(api, visit, name):
    warning = {"code": "claim-differs", "message": name}
    names = ("room_name", "participant_identity", "participant_name", "track_name", "codec")
    names = (*names, "container_format")
    put(api, warnings=[warning], **dict.fromkeys(names, name))
    page = visit.get(HERE)
    assert page.status_code == 200
    for written in ("<script>alert", "<img src=x", "\u202e"):
        assert written not in page.text
    assert len(page.text) < 20_000
    assert "is not what the manifest says" in words_of(page)


def test_a_delete_asks_first(visit):
    assert f'name="sid" value="{SID}"' in visit.get(HERE).text
    answer = visit.post("/console/deletions", {"log": "recordings", "sid": SID})
    assert "1 recording will be deleted" in words_of(visit.get(answer.headers["location"]))
