"""What strangers hand in: an exit code and plain words, and nothing is touched."""

import json

import pytest
from manifests import SIDS, manifest_of, written

LONG = "x" * 10_000
NAMES = {
    "quotes": 'it\'s "quoted"',
    "colon and percent": "a:b 100%d %(x)s",
    "emoji": "😀👩‍👩‍👧",
    "right to left": "שלום \u202eevil\u202c",
    "markup": "[bold]x[/] [/nothing]",
    "shell": "$(touch pwned); `touch pwned`",
    "control": "a\x1b[31mb\r\n",
    "long": LONG,
}


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["show", "CJ" + "0" * 32], 2),
        (["show", "x[/]"], 2),
        (["sql", "selec 1"], 2),
        (["sql", "copy (select 1) to 'out.csv'"], 2),
        (["sql", "select * from read_csv('/etc/passwd')"], 2),
        (["list", "rooms", "--since", "last spring"], 2),
        (["list", "rooms", "--json", "--csv"], 2),
        (["list", "rooms", "--status", "complete"], 2),
        (["delete", "recordings", "--status", "deleted"], 2),
        (["plan", "no.json", "--template", "grid", "--workers", "2"], 2),
        (["list", "rooms", "--config", "no.toml"], 2),
        (["compose", "no.json", "--template", "grid"], 2),
        (["plan", "no.json", "--template", "grid"], 2),
        (["demo", "--config", "no.toml"], 2),
    ],
)
def test_what_cannot_be_done_has_a_code(run, arguments, code, tmp_path):
    assert run(*arguments).code == code
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        '"x"',
        "[" * 200_000,
        '{"a":' * 200_000,
        '{"schema": "roomreel.room/1", "room": NaN}',
        '{"schema": "roomreel.room/1", "room": []}',
        '{"schema": "roomreel.room/1", "room": {}, "room": {}}',
        '{"schema": "roomreel.template/1", "friendly_name": "\\u202e[/]", "resolution": 1e999}',
        '{"schema": "[/]"}',
        "1" * 100_000,
        "\x00",
    ],
    ids=range(13),
)
def test_documents_that_are_none(run, text, tmp_path):
    file = tmp_path / "document.json"
    file.write_text(text)
    assert run("validate", file).code == 2
    (verdict,) = json.loads(run("validate", file, "--json").out)
    assert not verdict["valid"]
    assert run("plan", file, "--template", "grid").code == 2
    assert run("compose", file, "--template", file).code == 2


def test_a_huge_document_is_refused(run, tmp_path):
    file = tmp_path / "document.json"
    file.write_text('{"attributes": "' + "x" * 9_000_000 + '"}')
    assert run("validate", file).code == 2
    assert run("plan", file, "-t", "grid").code == 5


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_names_of_strangers_are_shown_and_do_nothing(run, name, clips, template, tmp_path):
    (tmp_path / "a.mkv").write_bytes((clips / "alice-camera.mkv").read_bytes())
    room = written(tmp_path / "room.json", manifest_of(name))
    before = set(tmp_path.iterdir())
    assert run("validate", room).code == 0
    drawn = run("plan", room, "-t", template, "--picture", "plan.svg")
    made = run("compose", room, "-t", template, "-o", "out.mp4", "--record")
    listed = run("list", "recordings")
    shown = run("show", SIDS["room"])
    assert [ran.code for ran in (drawn, made, listed, shown)] == [0, 0, 0, 0], made.err
    assert not {"\x1b", "\u202e", "\r"} & set(made.err + made.out + listed.out + shown.out)
    (row,) = json.loads(run("list", "rooms", "--json").out)
    assert row["unique_name"] == name
    new = {path.name for path in set(tmp_path.iterdir()) - before}
    assert new == {"plan.svg", "out.mp4", "out.mp4.poster.jpg", "out.mp4.sheet.jpg", "data"}


@pytest.mark.parametrize(
    "media",
    [
        "../outside.mkv",
        "/etc/passwd",
        "link.mkv",
        "file:///etc/passwd",
        "http://x/y.mkv",
        "a\\b",
        "..",
    ],
)
def test_media_outside_the_folder_are_not_opened(run, media, clips, template, tmp_path):
    (tmp_path / "outside.mkv").write_bytes((clips / "alice-camera.mkv").read_bytes())
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "link.mkv").symlink_to(tmp_path / "outside.mkv")
    room = written(inside / "room.json", manifest_of(media=media))
    ran = run("compose", room, "-t", template, "-o", "out.mp4")
    assert ran.code == 3
    assert "empty-track-list" in ran.err
    assert not (tmp_path / "out.mp4").exists()
