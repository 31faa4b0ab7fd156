import json
from importlib.resources import files

import pytest

from roomreel.api.checking import validate
from roomreel.cli.validate import print_verdicts

ROOM = {
    "schema": "roomreel.room/1",
    "room": {"sid": "RM" + "0" * 32, "status": "in-progress"},
    "participants": [],
    "recordings": [],
}
TEMPLATE = {
    "schema": "roomreel.template/1",
    "friendly_name": "all",
    "video_layout": {"grid": {"video_sources": ["*"]}},
}
RULES = {"schema": "roomreel.rules/1", "rules": [{"type": "include", "all": True}]}
STORAGE = {"schema": "roomreel.storage/1", "friendly_name": "sealed"}
CREDENTIAL = {"schema": "roomreel.credential/1", "name": "mine", "file": "/etc/mine.pem"}
BUCKETS = {
    "schema": "roomreel.buckets/1",
    "aws_access_key_id": "AKIAEXAMPLE",
    "aws_secret_access_key": "secret",
    "buckets": ["calls"],
}
RECORD = {
    "schema": "roomreel.import/1",
    "importer": {"name": "vonage", "title": "Vonage"},
    "version": "1",
    "room": {"sid": "RM" + "0" * 32, "unique_name": "standup", "id": "a1"},
    "clock": "good",
    "zero": "2017-02-06T19:02:35.924Z",
    "choices": {"name": None, "end_time": None, "offsets": []},
    "recordings": [],
    "findings": [],
    "kept": {},
    "inputs": [],
}
KINDS = [ROOM, TEMPLATE, RULES, STORAGE, CREDENTIAL, BUCKETS, RECORD]


def judged(tmp_path, document):
    file = tmp_path / "document.json"
    file.write_bytes(document if isinstance(document, bytes) else json.dumps(document).encode())
    return validate(file)[0]


@pytest.mark.parametrize("document", KINDS, ids=lambda one: one["schema"])
def test_a_document_is_checked_as_what_it_says_it_is(tmp_path, document):
    verdict = judged(tmp_path, document)
    assert (verdict.schema, verdict.violations) == (document["schema"], ())
    odd = judged(tmp_path, document | {"ruels": 1})
    assert (odd.schema, [one.pointer for one in odd.violations]) == (document["schema"], ["/ruels"])
    for name in document.keys() - {"schema"}:
        wrong = judged(tmp_path, document | {name: [0]})
        assert wrong.violations, name
        assert {one.pointer.split("/")[1] for one in wrong.violations} == {name}


def test_every_kind_that_has_a_schema_is_known():
    schemas = files("roomreel") / "schemas"
    said = {
        json.loads(file.read_text())["properties"]["schema"]["const"]
        for file in schemas.iterdir()
        if file.name.endswith(".schema.json")
    }
    assert said == {one["schema"] for one in KINDS}


def test_each_broken_rule_of_recording_rules_is_told(tmp_path):
    rules = [{"type": "include"}, {"type": "some", "all": True}, {"type": "exclude", "kind": "x"}]
    verdict = judged(tmp_path, RULES | {"rules": rules})
    assert sorted(one.pointer for one in verdict.violations) == [
        "/rules/0",
        "/rules/1/type",
        "/rules/2/kind",
    ]


def test_a_callback_that_nothing_sends_is_told_of(tmp_path, capsys):
    verdict = judged(tmp_path, TEMPLATE | {"status_callback": "https://example.org/done"})
    assert [warning.code for warning in verdict.warnings] == ["callback-not-sent"]
    print_verdicts([verdict], as_json=False)
    valid, warned = capsys.readouterr().out.splitlines()
    assert valid.endswith(": valid roomreel.template/1")
    assert ": callback-not-sent: nothing is sent" in warned
    print_verdicts([verdict], as_json=True)
    (printed,) = json.loads(capsys.readouterr().out)
    assert printed["valid"]
    assert printed["warnings"][0]["code"] == "callback-not-sent"


def test_where_a_service_sends_there_is_no_warning(tmp_path, monkeypatch):
    monkeypatch.setenv("ROOMREEL_SERVICE_DATABASE", "postgresql://localhost/roomreel")
    verdict = judged(tmp_path, TEMPLATE | {"status_callback": "https://example.org/done"})
    assert verdict.valid
    assert verdict.warnings == ()
    # What is wrong with settings keeps no document from being checked.
    monkeypatch.setenv("ROOMREEL_QUALITY", "best")
    verdict = judged(tmp_path, TEMPLATE | {"status_callback": "https://example.org/done"})
    assert [warning.code for warning in verdict.warnings] == ["callback-not-sent"]


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        (TEMPLATE, "/status_callback"),
        (ROOM, "/room/status_callback"),
    ],
    ids=["template", "manifest"],
)
def test_a_callback_that_leads_to_where_nothing_is_sent_is_told_of(
    tmp_path, monkeypatch, document, pointer
):
    def with_url(url):
        if document is TEMPLATE:
            return document | {"status_callback": url}
        return document | {"room": document["room"] | {"status_callback": url}}

    verdict = judged(tmp_path, with_url("http://user:hush@10.0.0.7/x?hush#rc=7"))
    assert [one.pointer for one in verdict.violations] == [pointer, pointer]
    assert "10.0.0.7 is an address of a private network" in verdict.violations[0].found
    assert "rc is a number from 0 to 5" in verdict.violations[1].expected
    assert {one.file for one in verdict.violations} == {verdict.file}
    assert "hush" not in str(verdict)
    monkeypatch.setenv("ROOMREEL_CALLBACK_ALLOW", '["10.0.0.0/24"]')
    assert judged(tmp_path, with_url("http://10.0.0.7/x#rc=5")).valid


def test_every_broken_rule_is_told(tmp_path):
    verdict = judged(tmp_path, TEMPLATE | {"resolution": "huge", "formt": "mp4", "trim": "yes"})
    assert {one.pointer for one in verdict.violations} == {"/resolution", "/formt", "/trim"}
    assert 'did you mean "format"?' in {one.hint for one in verdict.violations}


@pytest.mark.parametrize(
    ("schema", "found", "hint"),
    [
        (None, "nothing", ""),
        ("roomreel.rom/1", '"roomreel.rom/1"', 'did you mean "roomreel.room/1"?'),
        (["roomreel.room/1"], "an array of 1", ""),
        (7, "7", ""),
    ],
)
def test_a_document_of_no_known_kind(tmp_path, schema, found, hint):
    verdict = judged(tmp_path, {"a": 1} if schema is None else {"schema": schema})
    (violation,) = verdict.violations
    assert violation.pointer == "/schema"
    assert violation.expected == " or ".join(f'"{one["schema"]}"' for one in KINDS)
    assert (violation.found, violation.hint) == (found, hint)


@pytest.mark.parametrize(
    "data", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b"null", b"[1]", b'{"schema": NaN}']
)
def test_what_is_no_object_is_a_violation(tmp_path, data):
    assert judged(tmp_path, data).violations


def test_a_missing_file_and_a_folder_are_violations(tmp_path):
    assert validate(tmp_path / "nothing.json")[0].violations
    assert validate(tmp_path)[0].violations
