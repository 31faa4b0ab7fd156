"""The page of one composition: what it says of each state, its media, and composing again."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from roomreel.catalog.catalog import Catalog
from roomreel.errors import CatalogError
from roomreel.model.location import ObjectLocation
from roomreel.model.plan import WarningCode
from roomreel.model.table import Table
from roomreel.service.access.scopes import ALL_SCOPES, Scope
from roomreel.service.lists.listing import CompositionFilter, list_compositions
from roomreel.storage import stores
from roomreel.storage.memory import MemoryStore
from roomreel.web.console.composition import meaning_of

sys.path.insert(0, str(Path(__file__).parents[3] / "servers"))
from api_in_process import NOON, Api, composition_sid, recording, sid_of
from console_visit import OWN, Visit, signed_in, visiting, words_of
from planned import CAMERA, GONE, SID, one_composition, publish_planned

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


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    with one_composition(tmp_path) as api:
        yield api


LATER = NOON + timedelta(minutes=5)


def put(api: Api, **said) -> None:
    """Replace the row of the composition."""
    publish_planned(api, updated_at=LATER, **said)
    api.look()


def stored(api: Api, ending: str) -> Path:
    return next(api.service.settings.compositions_root.glob(f"*/{SID}.{ending}"))


def test_it_has_player_chapters_plan_warnings_and_facts(looks):
    page = looks.get(HERE)
    assert page.status_code == 200
    for part in ("media", "poster", "chapters.vtt", "plan.svg"):
        assert f'"{HERE}/{part}"' in page.text
    said = words_of(page)
    for words in (
        "audio joins",
        "video joins",
        "10.0 s",
        "480 pixels",
        "30 pictures a second",
    ):
        assert words in said, words
    assert "A pause longer than a picture is held" in said
    assert "video · video of 0" in said
    assert "first shown at 0:02" in said
    assert re.search(r'class="warned" x="200"', page.text)


def test_facts_that_no_list_has_are_those_of_the_catalogs(api, visit):
    used = {"recording_sid": CAMERA, "type": "video", "start_ms": 0, "end_ms": 5, "shown_ms": 4000}
    put(api, recordings=[used], engine_version="9.9", inputs_sha256="ab" * 32)
    page = visit.get(HERE)
    for words in ("1 recording in it", "video · video of 0", "for 4.0 s", "roomreel 9.9"):
        assert words in words_of(page), words
    assert f'href="/console/recordings/{CAMERA}"' in page.text


def test_where_the_catalogs_cannot_be_read_the_rest_is_shown(api, visit, monkeypatch):
    def fail(*_: object) -> None:
        raise CatalogError("it is damaged")

    monkeypatch.setattr(Catalog, "find", fail)
    page = visit.get(HERE)
    assert page.status_code == 200
    assert "640" in words_of(page)
    assert "recording in it" not in words_of(page)


def test_the_log_leads_to_it(looks):
    assert f'<a href="{HERE}">{SID}</a>' in looks.get("/console/compositions").text


FILES = ("media", "poster", "sheet", "plan")


@pytest.mark.parametrize("kind", FILES)
def test_files_are_sent_by_the_service_itself(looks, kind):
    got = looks.get(f"{HERE}/{kind}", headers={"Range": "bytes=0-0"})
    assert (got.status_code, got.content) == (206, b"{")
    assert got.headers["content-disposition"].startswith("inline")
    assert got.headers["cross-origin-resource-policy"] == "same-origin"
    saved = looks.get(f"{HERE}/{kind}?save")
    assert saved.headers["content-disposition"].startswith(f'attachment; filename="{SID}.')
    assert looks.client.head(f"{HERE}/{kind}").status_code == 200


def test_media_in_a_store_of_objects_come_through_the_service(api, visit, monkeypatch):
    store = MemoryStore()
    monkeypatch.setitem(stores._used, "s3", store)
    place = ObjectLocation("s3", "bucket", f"compositions/{SID}.mp4")
    store.write(place, b"0123456789")
    put(api, media_url=str(place), size_bytes=10)
    page = visit.get(HERE)
    assert f'src="{HERE}/media"' in page.text
    assert "s3:" not in page.text
    got = visit.get(f"{HERE}/media", headers={"Range": "bytes=2-4"})
    assert (got.status_code, got.content) == (206, b"234")
    assert got.headers["content-type"] == "video/mp4"
    store.remove(place)
    assert visit.get(f"{HERE}/media").status_code == 404
    assert "There is nothing to play" in words_of(visit.get(HERE))


SECRET = (*FILES, "shown", "plan.svg", "chapters.vtt")


@pytest.mark.parametrize("part", SECRET)
def test_media_need_the_scope(still, part):
    with signed_in(still, {Scope.READ}) as visit:
        assert visit.get(f"{HERE}/{part}").status_code == 403
        page = visit.get(HERE)
        assert "does not have the scope media" in words_of(page)
        assert "<video" not in page.text
        assert "joins" not in words_of(page)


@pytest.mark.parametrize("part", ["", *(f"/{one}" for one in SECRET), "/progress"])
def test_nobody_sees_anything_without_a_session(still, part):
    with visiting(still) as visit:
        answer = visit.get(HERE + part)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/console/sign-in")


@pytest.mark.parametrize("part", ["", "/media", "/shown", "/progress", "/chapters.vtt"])
@pytest.mark.parametrize("sid", [composition_sid(7), "CJ", "x" * 3000, CAMERA, "%3Cscript%3E"])
def test_what_is_not_there_is_a_page_in_words(looks, part, sid):
    answer = looks.get(f"/console/compositions/{sid}{part}")
    assert answer.status_code == 404
    assert "Not found" in words_of(answer)
    assert "<script>" not in answer.text


def test_while_lists_are_filled_it_says_so(api, visit):
    api.service.seen.clear()
    answer = visit.get(f"/console/compositions/{composition_sid(7)}")
    assert answer.status_code == 404
    assert "the lists are being filled" in words_of(answer)


def test_media_that_are_gone_are_told(api, visit):
    stored(api, "mp4").unlink()
    page = visit.get(HERE)
    assert page.status_code == 200
    assert "There is nothing to play" in words_of(page)
    assert "gone, or being replaced" in words_of(page)
    assert "<video" not in page.text
    assert "Download" not in words_of(page)
    assert visit.get(f"{HERE}/media").status_code == 404


def test_an_older_composition_without_a_plan_says_so(api, visit):
    stored(api, "plan.json").unlink()
    page = visit.get(HERE)
    assert "Who is where in the picture is not known" in words_of(page)
    assert "of an earlier version of roomreel" in words_of(page)
    assert "<video" in page.text
    assert "plan.svg" not in page.text


@pytest.mark.parametrize("text", [b"", b"{", b"\xff\xfe", b'{"schema": "roomreel.plan/1"}'])
def test_a_damaged_plan_costs_the_plan_alone(api, visit, text):
    stored(api, "plan.json").write_bytes(text)
    page = visit.get(HERE)
    assert page.status_code == 200
    assert "<video" in page.text
    assert "cannot be read" in words_of(page)


def test_what_is_encrypted_is_not_played(api, visit):
    for ending in ("mp4", "plan.json", "poster.jpg"):
        plain = stored(api, ending)
        shutil.move(plain, f"{plain}.age")
    row = publish_planned(api)
    put(api, media_url=f"{row['media_url']}.age", encryption="age", key_fingerprint="ab12")
    stored(api, "mp4").unlink()
    page = visit.get(HERE)
    assert "encrypted, so no browser plays it" in words_of(page)
    assert "<video" not in page.text
    assert "Download" in words_of(page)
    assert visit.get(f"{HERE}/media").headers["content-type"] == "application/octet-stream"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            {"status": "failed", "failure_code": "media-unreadable", "failure_message": "no key"},
            ["It failed: no key", "The media of a recording cannot be opened", "roomreel delete"],
        ),
        ({"status": "failed", "failure_code": "new-code"}, ["nobody knows why", "new-code"]),
        ({"status": "deleted"}, ["It was deleted", "stays for 30 days"]),
    ],
)
def test_each_end_is_told(api, visit, said, expected):
    put(api, **said)
    page = visit.get(HERE)
    assert page.status_code == 200
    assert [words for words in expected if words not in words_of(page)] == []
    assert "<video" not in page.text


def test_each_code_of_a_warning_has_a_meaning(api, visit):
    warnings = [{"code": code, "recording_sid": None, "message": "m"} for code in WarningCode]
    put(api, warnings=[*warnings, {"code": "new-one", "recording_sid": GONE, "message": "words"}])
    said = words_of(visit.get(HERE))
    assert f"{len(warnings) + 1} warnings" in said
    assert "words" in said
    assert meaning_of("render-failed") == "The composition could not be rendered."


HOSTILE = ("<script>alert(1)</script>", '"><img src=x>', "x" * 10_000, "\u202eabc", "", "{{ 7*7 }}")


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: name[:12])
def test_names_of_strangers_are_words_alone(api, visit, name):
    rows = [
        recording(0, kind, track_name=name, participant_name=name, updated_at=LATER)
        for kind in ("audio", "video")
    ]
    api.record(Table.RECORDINGS, *rows)
    put(api, room_name=name, failure_message=name, template=name)
    for path in (HERE, f"{HERE}/shown?t=3", f"{HERE}/plan.svg", f"{HERE}/chapters.vtt"):
        answer = visit.get(path)
        assert answer.status_code == 200
        for written in ("<script>alert", "<img src=x", "\u202e", "<b>49"):
            assert written not in answer.text
    track = visit.get(f"{HERE}/chapters.vtt").text
    assert track.count("-->") == track.count("\n\n")


def open_requests(api: Api) -> list[dict]:
    return list_compositions(api.service.database, CompositionFilter(status="enqueued")).rows


@pytest.mark.parametrize("name", ["", "grid"])
def test_composing_again_asks_as_the_api_does(api, visit, name):
    answer = visit.post(f"{HERE}/again", {"template": name, "nonce": "1"})
    assert answer.status_code == 303, words_of(answer)
    (made,) = open_requests(api)
    assert answer.headers["location"] == f"/console/compositions/{made['sid']}"
    assert (made["room_sid"], made["template"]) == (sid_of("RM", 0), "grid")
    page = words_of(visit.get(answer.headers["location"]))
    assert "It waits for its turn" in page


def test_a_form_that_is_sent_twice_makes_one(api, visit):
    sent = [visit.post(f"{HERE}/again", {"template": "grid", "nonce": "n"}) for _ in range(2)]
    assert sent[0].headers["location"] == sent[1].headers["location"]
    assert len(open_requests(api)) == 1
    assert visit.post(f"{HERE}/again", {"template": "", "nonce": "n"}).status_code == 409


@pytest.mark.parametrize("name", ["nope", "<script>", "../../etc/passwd", "x" * 5000])
def test_a_template_that_is_not_there_is_told(api, visit, name):
    answer = visit.post(f"{HERE}/again", {"template": name})
    assert answer.status_code == 400
    assert "no template that is there" in words_of(answer)
    assert open_requests(api) == []


def test_without_its_room_nothing_is_composed(api, visit):
    put(api, room_sid=sid_of("RM", "gone"))
    answer = visit.post(f"{HERE}/again", {"template": "grid"})
    assert answer.status_code == 404
    assert open_requests(api) == []


def test_composing_again_needs_the_scope_and_the_form_of_the_session(api, visit):
    with signed_in(api, ALL_SCOPES - {Scope.WRITE}) as reader:
        page = reader.get(HERE)
        assert "again" not in re.findall(r'action="[^"]*/(\w+)"', page.text)
        token = reader.token(HERE)
        fields = {"token": token, "template": "grid"}
        assert reader.client.post(f"{HERE}/again", data=fields, headers=OWN).status_code == 403
        fields = {"token": token, "template": "grid"}
        assert visit.client.post(f"{HERE}/again", data=fields, headers=OWN).status_code == 403
    other = {"Sec-Fetch-Site": "cross-site", "Origin": "https://other.example"}
    fields = {"token": visit.token(HERE), "template": "grid"}
    assert visit.client.post(f"{HERE}/again", data=fields, headers=other).status_code == 403
    assert open_requests(api) == []


def test_a_delete_asks_first(api, visit):
    page = visit.get(HERE).text
    assert f'name="sid" value="{SID}"' in page
    answer = visit.post("/console/deletions", {"log": "compositions", "sid": SID})
    assert "1 composition will be deleted" in words_of(visit.get(answer.headers["location"]))


def test_the_run_is_linked_where_prefect_has_it(api, visit, monkeypatch):
    run = "0e1b5d0e-8e5f-4a5e-9d11-0d0f6a8f5d6a"
    put(api, flow_run_id=run)
    assert "in Prefect" not in words_of(visit.get(HERE))
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:4200/api")
    link = f'href="http://127.0.0.1:4200/runs/flow-run/{run}"'
    assert link in visit.get(HERE).text
    for odd in ("javascript:alert(1)//api", "http://x", ""):
        monkeypatch.setenv("PREFECT_API_URL", odd)
        assert "in Prefect" not in words_of(visit.get(HERE))
