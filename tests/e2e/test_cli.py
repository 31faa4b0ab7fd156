"""Every verb as a person types it: exit codes, both streams, and never a traceback."""

import csv
import hashlib
import io
import json
import sys
from pathlib import Path

import av
import pyrage
import pytest
from manifests import manifest_of, written

from roomreel.catalog.schema.marker import MARKER, Marker, encode
from roomreel.catalog.schema.tables import VERSION

# Two seconds, and what the last packet of Opus has beyond them, at 10 frames a second.
FRAMES = 21


def test_recordings_of_a_stranger_in_two_commands(run, folder, template, tmp_path):
    drafted = run("manifest", folder)
    assert (drafted.code, drafted.out.strip()) == (0, str(folder / "room.json"))
    assert "roomreel compose" in drafted.err
    before = set(tmp_path.iterdir())
    made = run("compose", folder / "room.json", "--template", template, "--out", "call.mp4")
    assert made.code == 0, made.err
    assert made.out.strip() == str(tmp_path / "call.mp4")
    with av.open(str(tmp_path / "call.mp4")) as file:
        assert {"video", "audio"} <= {stream.type for stream in file.streams}
        assert file.streams.video[0].frames == FRAMES
    new = {path.name for path in set(tmp_path.iterdir()) - before}
    assert new == {"call.mp4", "call.mp4.poster.jpg", "call.mp4.sheet.jpg"}


def test_a_manifest_is_not_replaced_unasked(run, folder):
    target = folder / "room.json"
    target.write_text("mine")
    assert run("manifest", folder).code == 2
    assert target.read_text() == "mine"
    refused = run("manifest", folder, "--force")
    assert refused.code == 2
    assert "not a room manifest" in refused.err
    assert target.read_text() == "mine"
    target.write_text('{"schema": "roomreel.room/1", "room": "of an earlier draft"}')
    assert run("manifest", folder, "--force").code == 0
    assert run("validate", target).code == 0


def test_a_folder_without_media_is_not_found(run, tmp_path):
    assert run("manifest", tmp_path).code == 2


def test_plan_estimates_what_a_render_costs(run, room, template):
    ran = run("plan", room, "--template", template, "--estimate")
    assert ran.code == 0, ran.err
    words = [line.split() for line in ran.out.splitlines()]
    assert [line[:2] for line in words] == [
        [name, "about"] for name in ("cpu", "wall", "memory", "output")
    ]
    assert "times more or less" in ran.err
    exact = json.loads(run("plan", room, "-t", template, "--estimate", "--json").out)
    shown = [float(line[2]) for line in words]
    scales = {"cpu_s": 1, "wall_s": 1, "memory_bytes": 1e6, "output_bytes": 1e6}
    for (name, scale), rounded in zip(scales.items(), shown, strict=True):
        assert rounded == pytest.approx(exact[name] / scale, rel=0.05)


def test_a_window_is_asked_for_in_ms_or_as_a_clock_shows_it(run, room, template):
    planned = run("plan", room, "-t", template, "--start", "00:00:00.5", "--end", "1500")
    assert planned.code == 0, planned.err
    assert json.loads(planned.out)["window"] == {"start_frame": 5, "end_frame": 15, "of": FRAMES}
    made = run("compose", room, "-t", template, "--start", "1500", "--out", "end.mp4")
    assert made.code == 0, made.err
    with av.open(made.out.strip()) as file:
        assert file.streams.video[0].frames == FRAMES - 15
    for wrong in (("--start", "1h"), ("--start", "5", "--end", "5"), ("--start", "99999999")):
        refused = run("plan", room, "-t", template, *wrong)
        assert refused.code == 2, wrong
        assert not refused.out
    beyond = run("plan", room, "-t", template, "--start", "00:10:00")
    assert (beyond.code, beyond.out) == (3, "")
    assert "the whole lasts" in beyond.err


def test_a_claimed_digest_is_compared(run, room, template):
    document = json.loads(room.read_text())
    recording = document["recordings"][0]
    digest = hashlib.sha256((room.parent / recording["media"]).read_bytes()).hexdigest()
    for claim, differs in ((digest.upper(), False), ("0" * 64, True)):
        recording["sha256"] = claim
        room.write_text(json.dumps(document))
        planned = json.loads(run("plan", room, "--template", template).out)
        found = [one for one in planned["warnings"] if one["code"] == "claim-differs"]
        assert [one["recording_sid"] for one in found] == [recording["sid"]] * differs
        assert all(digest in one["message"] for one in found)


def test_plan_prints_the_document_and_draws_it(run, room, template, tmp_path):
    ran = run("plan", room, "--template", template, "--picture", "plan.svg")
    assert ran.code == 0
    document = json.loads(ran.out)
    assert document["schema"] == "roomreel.plan/1"
    assert document["frame_count"] == FRAMES
    assert (tmp_path / "plan.svg").read_text().lstrip().startswith("<svg")
    assert run("plan", room, "--template", template).out == ran.out


def test_a_picture_where_none_can_be_written_is_a_storage_failure(run, room, template):
    assert run("plan", room, "-t", template, "--picture", room / "no.svg").code == 5


def test_compose_prints_its_outcome_as_json(run, room, template, tmp_path):
    ran = run("compose", room, "-t", template, "-o", "call.mp4", "--json")
    outcome = json.loads(ran.out)
    assert (outcome["status"], outcome["frame_count"]) == ("completed", FRAMES)
    assert outcome["size_bytes"] == (tmp_path / "call.mp4").stat().st_size
    assert ran.err == ""


def test_compose_without_a_terminal_says_now_and_then_how_far_it_is(
    run, room, template, monkeypatch
):
    monkeypatch.setattr("roomreel.compose.progress.LINE_EVERY_S", 0.0)
    ran = run("compose", room, "-t", template, "-o", "call.mp4", "--json")
    # What is left depends on how often the renderer tells of it.
    last = ran.err.splitlines()[-1]
    assert last.startswith(f"call / small: 100 %, {FRAMES} of {FRAMES} frames")


def test_compose_refuses_a_name_of_another_format(run, room, template, tmp_path):
    assert run("compose", room, "-t", template, "-o", "call.webm").code == 2
    assert not (tmp_path / "call.webm").exists()


def test_what_is_recorded_is_listed_shown_and_queried(run, room, template, tmp_path):
    composed = run("compose", room, "-t", template, "--json")
    assert composed.code == 0, composed.err
    made = json.loads(composed.out)
    listed = json.loads(run("list", "compositions", "--json").out)
    assert [row["sid"] for row in listed] == [made["sid"]]
    assert Path(listed[0]["media_url"]).is_file()
    rooms = list(csv.DictReader(io.StringIO(run("list", "rooms", "--csv").out)))
    assert [row["unique_name"] for row in rooms] == ["call"]
    assert len(json.loads(run("list", "recordings", "--json").out)) == 2
    assert made["sid"] in run("list", "compositions", "--template", "small").out
    assert json.loads(run("list", "compositions", "--status", "failed", "--json").out) == []
    assert json.loads(run("list", "compositions", "--until", "2000-01-01", "--json").out) == []
    shown = run("show", made["sid"])
    assert "template: small" in shown.out.splitlines()
    assert json.loads(run("show", made["sid"], "--json").out)["sid"] == made["sid"]
    query = "select count(*) as n from recordings r join rooms on r.room_sid = rooms.sid"
    assert json.loads(run("sql", query, "--json").out) == [{"n": 2}]
    assert run("catalog", "recover").code == 0


def test_a_broken_catalog_is_found_and_put_together_again(run, room, template, tmp_path):
    made = json.loads(run("compose", room, "-t", template, "--json").out)
    assert run("catalog", "check").code == 0
    (part,) = (tmp_path / "data/store/catalog/compositions").glob("*/part.parquet")
    part.write_bytes(part.read_bytes()[:-9])
    checked = run("catalog", "check")
    assert (checked.code, "compositions/date=" in checked.out) == (6, True)
    assert "kept as" in run("catalog", "rebuild").out
    assert run("catalog", "check", "--json").out.strip() == "[]"
    row = json.loads(run("show", made["sid"], "--json").out)
    told = {"room_name": "call", "template": "small", "format": "mp4", "width": 160}
    assert row | told == row
    assert "0 files written again" in run("catalog", "upgrade").out


def test_catalogs_of_a_newer_version_are_refused_before_a_render(
    run, room, template, tmp_path, monkeypatch
):
    catalog = tmp_path / "data/store/catalog"
    catalog.mkdir(parents=True)
    (catalog / MARKER).write_bytes(encode(Marker(int(VERSION) + 1)))
    rendered = []
    monkeypatch.setattr("roomreel.compose.one.compose", lambda *_: rendered.append(_))
    composed = run("compose", room, "-t", template)
    assert composed.code == 6
    assert "written by a newer roomreel" in composed.err
    assert "update roomreel on this machine" in composed.err
    assert rendered == []
    assert not (tmp_path / "data/store/compositions").exists()


def test_what_is_deleted_is_gone_and_stays_listed_as_deleted(run, room, template, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    made = json.loads(run("compose", room, "-t", template, "--json").out)
    listed = json.loads(run("list", "compositions", "--json").out)
    media = Path(listed[0]["media_url"])
    refused = run("delete", "compositions", made["sid"])
    assert (refused.code, media.is_file()) == (130, True)
    assert run("delete", "compositions", made["sid"], "--yes").code == 0
    assert list(media.parent.iterdir()) == []
    assert json.loads(run("list", "compositions", "--json").out)[0]["status"] == "deleted"
    assert run("delete", "recordings", "RT" + "0" * 32, "--yes").code == 2


def test_two_compositions_by_hand_stand_side_by_side(run, room, template):
    sids = {json.loads(run("compose", room, "-t", template, "--json").out)["sid"] for _ in "ab"}
    assert len(sids) == 2
    assert len({sid[:14] for sid in sids}) == 1


def test_a_composition_for_oneself_leaves_the_catalogs_alone(run, room, template, tmp_path):
    assert run("compose", room, "-t", template, "-o", "call.mp4").code == 0
    assert "there are no catalogs" in run("list", "compositions").err
    assert not (tmp_path / "data").exists()


@pytest.fixture
def identity(tmp_path, monkeypatch):
    """The settings of somebody who wants age."""
    identity = pyrage.x25519.Identity.generate()
    (tmp_path / "customer.pub").write_text(str(identity.to_public()))
    monkeypatch.setenv("ROOMREEL_ENCRYPTION", "age")
    monkeypatch.setenv("ROOMREEL_PUBLIC_KEY", str(tmp_path / "customer.pub"))
    return identity


def test_an_encrypted_composition_is_told_of(run, room, template, tmp_path, identity):
    made = run(
        *("compose", room, "--template", template, "--out", "call.mp4", "--record", "--json")
    )
    document = json.loads(made.out)
    assert {path.name for path in tmp_path.glob("call.*")} == {
        "call.mp4.age",
        "call.mp4.poster.jpg.age",
        "call.mp4.sheet.jpg.age",
    }
    assert document["media"] == str(tmp_path / "call.mp4.age")
    row = json.loads(run("show", document["sid"], "--json").out)
    told = ("media_url", "media_sha256", "size_bytes", "encryption", "key_fingerprint")
    stored = tmp_path / "call.mp4.age"
    assert [row[name] for name in told] == [
        str(stored),
        hashlib.sha256(stored.read_bytes()).hexdigest(),
        stored.stat().st_size,
        "age",
        hashlib.sha256((tmp_path / "customer.pub").read_bytes()).hexdigest(),
    ]
    (tmp_path / "plain.mp4").write_bytes(pyrage.decrypt(stored.read_bytes(), [identity]))
    with av.open(str(tmp_path / "plain.mp4")) as container:
        assert sum(1 for _ in container.decode(video=0)) == FRAMES


@pytest.mark.parametrize("verb", ["compose", "nightly"])
def test_a_bad_key_is_told_of_before_anything_is_done(
    run, room, template, tmp_path, identity, verb
):
    (tmp_path / "customer.pub").write_text(str(identity))
    more = (room, "--template", template) if verb == "compose" else ()
    refused = run(verb, *more)
    assert refused.code == 2
    assert "settings-invalid: public_key" in refused.err
    assert "holds a private key" in refused.err
    assert str(identity) not in refused.err
    assert not (tmp_path / "data").exists()


def test_out_and_record_together(run, room, template, tmp_path):
    assert run("compose", room, "-t", template, "-o", "call.mp4", "--record").code == 0
    (row,) = json.loads(run("list", "compositions", "--json").out)
    assert row["media_url"] == str(tmp_path / "call.mp4")


def test_a_refusal_is_recorded_told_and_exits_with_its_code(run, template, tmp_path):
    room = written(tmp_path / "room.json", manifest_of(media=None))
    ran = run("compose", room, "-t", template, "--json")
    assert ran.code == 3
    assert json.loads(ran.out)["failure_code"] == "empty-track-list"
    assert ran.err.startswith("roomreel: empty-track-list: ")
    (row,) = json.loads(run("list", "compositions", "--status", "failed", "--json").out)
    assert row["failure_code"] == "empty-track-list"


def test_a_call_that_goes_on_is_refused_and_leaves_no_row(run, template, tmp_path):
    document = manifest_of()
    document["room"] |= {"status": "in-progress", "end_time": None}
    ran = run("compose", written(tmp_path / "room.json", document), "-t", template)
    assert ran.code == 3
    assert "room-not-completed" in ran.err
    assert "there are no catalogs" in run("list", "compositions").err


def test_doctor(run):
    ran = run("doctor", "--json")
    assert ran.code == 0, ran.out
    assert {check["name"] for check in json.loads(ran.out)["checks"]} >= {"encoder for mp4", "disk"}
    assert "ok" in run("doctor").out


def test_doctor_fails_where_something_is_missing(run, monkeypatch):
    monkeypatch.setenv("ROOMREEL_FFMPEG", "no such program")
    ran = run("doctor")
    assert ran.code == 1
    assert "missing" in ran.out


def test_a_setting_out_of_range_is_named(run, monkeypatch):
    monkeypatch.setenv("ROOMREEL_WORKERS", "0")
    ran = run("list", "rooms")
    assert ran.code == 2
    assert "ROOMREEL_WORKERS" in ran.err
