import os
from pathlib import Path
from typing import Any

import pytest

from roomreel.errors import SettingsInvalid
from roomreel.model.location import ObjectLocation
from roomreel.settings import Settings, apply_environment, load, read
from roomreel.settings.anchor import anchors
from roomreel.settings.places import Group

SECRETS = [
    "AGE-SECRET-KEY-1QYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQ",
    "-----BEGIN PRIVATE KEY-----\nMIIEvQ\n-----END PRIVATE KEY-----",
]


@pytest.mark.parametrize("name", ["private_key", "public_key"])
@pytest.mark.parametrize("secret", SECRETS)
def test_a_key_is_no_setting_and_is_not_repeated(tmp_path, name, secret):
    path = tmp_path / "some.toml"
    path.write_text(f'{name} = """{secret}"""\n')
    with pytest.raises(SettingsInvalid, match="the name of the file that holds the key") as caught:
        load(path)
    assert secret not in str(caught.value)


def test_encryption_is_for_somebody(tmp_path):
    path = tmp_path / "some.toml"
    path.write_text('encryption = "age"\n')
    with pytest.raises(SettingsInvalid, match="public_key: expected the file of a public key"):
        load(path)


# What is relative, for each setting that is a path, and what it is in a folder.
RELATIVE: dict[str, Any] = {name: f"some/{name}" for name in anchors(Settings)}
RELATIVE |= {
    "metrics_file": "some/roomreel.prom",
    "media_roots": ["one", "../two"],
    "fonts": ["fonts", "../fonts"],
    "manifests": "rooms/*/room.json",
    "folder": "else",
}


def absolute(value: Any, folder: Path) -> Any:
    if isinstance(value, list):
        return [absolute(each, folder) for each in value]
    return os.path.normpath(folder / value)


def as_toml(values: dict[str, Any]) -> str:
    return "".join(f"{name} = {value!r}\n" for name, value in values.items())


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """A folder that commands are started in, and that has no settings."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def test_what_is_a_path_is_known_by_its_type():
    named = {name for name, hint in Settings.__annotations__.items() if "Path" in str(hint)}
    assert named | {"store", "manifests", "templates", "media_roots"} <= anchors(Settings).keys()
    assert "s3_endpoint" not in anchors(Settings)
    assert "video_encoder" not in anchors(Settings)


@pytest.mark.parametrize("name", sorted(RELATIVE))
def test_a_path_of_a_file_starts_at_its_folder(tmp_path, elsewhere, name):
    file = tmp_path / "configs" / "some.toml"
    file.parent.mkdir()
    file.write_text(as_toml({name: RELATIVE[name]}))
    reading = read(file)
    wanted = absolute(RELATIVE[name], file.parent)
    assert reading.settings.model_dump(mode="json")[name] == wanted
    assert reading.sources[name] == str(file)


@pytest.mark.parametrize("name", sorted(RELATIVE.keys() - {"folder"}))
def test_any_other_path_starts_at_the_folder_of_the_command(tmp_path, elsewhere, monkeypatch, name):
    text = RELATIVE[name]
    variable = f"ROOMREEL_{name.upper()}"
    monkeypatch.setenv(variable, str(text).replace("'", '"'))
    file = tmp_path / "some.toml"
    file.write_text(as_toml({name: text}))
    reading = read(file)
    assert reading.settings.model_dump(mode="json")[name] == absolute(text, elsewhere)
    assert reading.sources[name] == variable


def test_every_default_is_absolute(elsewhere):
    reading = read()
    for name in anchors(Settings):
        value = getattr(reading.settings, name)
        for each in value if isinstance(value, list) else [value]:
            assert each is None or Path(each).is_relative_to(elsewhere)
    assert set(reading.sources.values()) == {"default"}
    assert reading.settings.scratch_root == elsewhere / "data" / "store" / "scratch"


def test_another_process_reads_the_same(tmp_path, elsewhere, monkeypatch):
    (elsewhere / "configs").mkdir()
    (elsewhere / "configs" / "local.toml").write_text('store = "s3://calls"\nmanifests = "r"\n')
    monkeypatch.setenv("ROOMREEL_LOG_FILE", "some.log")
    here = read()
    assert here.file == elsewhere / "configs" / "local.toml"
    assert here.settings.log_file == elsewhere / "some.log"
    assert here.settings.scratch_root == elsewhere / "data" / "store" / "scratch"
    monkeypatch.chdir(tmp_path)
    assert read().settings != here.settings
    for name, value in here.environment.items():
        monkeypatch.setenv(name, value)
    assert read().settings == here.settings


def test_what_is_handed_on_stands_behind_what_a_process_has_itself(
    tmp_path, elsewhere, monkeypatch
):
    theirs, ours = tmp_path / "theirs.toml", tmp_path / "ours.toml"
    theirs.write_text("workers = 2\n")
    ours.write_text("workers = 3\n")
    handed = read(theirs).environment
    monkeypatch.chdir(tmp_path)
    assert load(None, handed).workers == 2
    assert load(None, handed).folder == elsewhere
    monkeypatch.setenv("ROOMREEL_CONFIG", str(ours))
    assert load(None, handed).workers == 3


def test_a_program_without_a_slash_is_searched_for(elsewhere, monkeypatch):
    monkeypatch.setenv("ROOMREEL_FFMPEG", "ffmpeg")
    assert load().ffmpeg == "ffmpeg"
    monkeypatch.setenv("ROOMREEL_FFMPEG", "bin/ffmpeg")
    assert load().ffmpeg == str(elsewhere / "bin" / "ffmpeg")


def test_what_is_absolute_or_a_url_stays(elsewhere, monkeypatch):
    monkeypatch.setenv("ROOMREEL_STORE", "s3://calls/x")
    monkeypatch.setenv("ROOMREEL_MANIFESTS", "file:///calls/rooms")
    monkeypatch.setenv("ROOMREEL_MEDIA_ROOTS", '["/calls", "s3://calls/x"]')
    settings = load()
    assert settings.store == ObjectLocation("s3", "calls", "x")
    assert settings.manifests == "file:///calls/rooms"
    assert settings.media_roots == ["/calls", "s3://calls/x"]


@pytest.mark.parametrize("pattern", ["*/room.json", "**/room.json", "tuesday/*.json", "tuesday"])
def test_a_glob_is_one_in_its_own_part_alone(tmp_path, monkeypatch, pattern):
    from roomreel.storage import discover

    folder = tmp_path / "calls [1]*"
    (folder / "tuesday").mkdir(parents=True)
    (folder / "tuesday" / "room.json").touch()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("ROOMREEL_MANIFESTS", pattern)
    assert discover(load().manifests) == [str(folder / "tuesday" / "room.json")]


# A value that a setting cannot have: what is asked for, and what is said to stand there.
WRONG: dict[str, tuple[Any, str]] = {
    "workers": ("zwei", 'expected an integer, 1 up, found "zwei"'),
    "timeout_factor": ("0", "expected a number above 0, found"),
    "quality": ("hihg", '"draft" or "standard" or "high", found "hihg"; did you mean "high"?'),
    "media_roots": ("calls", 'expected an array, found "calls"; write ["calls"]'),
    "template_names": ("grid", 'expected an array, found "grid"; write ["grid"]'),
    "video_encoder": ("calls", 'expected an object, found "calls"'),
    "s3_endpoint": ("elsewhere", "expected an http(s) URL without user"),
    "store": ("s3://xa", "3 to 63 characters"),
    "metrics_file": ("alice.mp4", 'a file whose name ends in .prom, found "alice.mp4"'),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_value_is_told_where_it_stands(tmp_path, elsewhere, monkeypatch, name):
    value, words = WRONG[name]
    file = tmp_path / "some.toml"

    file.write_text(f'# A comment.\nhold_s = 50\n{name} = "{value}"\n')
    with pytest.raises(SettingsInvalid) as caught:
        load(file)
    assert str(caught.value.message).startswith(f"{file}:3: {name}: ")
    assert words in caught.value.message
    file.write_text("")
    monkeypatch.setenv(f"ROOMREEL_{name.upper()}", value)
    with pytest.raises(SettingsInvalid) as caught:
        load(file)
    assert caught.value.message.startswith(f"ROOMREEL_{name.upper()}: ")
    assert words in caught.value.message


def test_all_that_is_wrong_is_told_at_once(tmp_path, elsewhere, monkeypatch):
    file = tmp_path / "some.toml"
    lines = ["workres = 2", 'quality = "best"', 'media_roots = ["a", 5]', "[video_encoder]"]
    file.write_text("\n".join([*lines, 'mkv = "libx264"']))
    monkeypatch.setenv("ROOMREEL_STORES", "x")
    monkeypatch.setenv("ROOMREEL_THREADS", "-1")
    with pytest.raises(SettingsInvalid) as caught:
        load(file)
    meant = 'did you mean "ROOMREEL_STORE"?'
    assert list(map(str, caught.value.violations)) == [
        f'ROOMREEL_STORES: expected a known key, found "ROOMREEL_STORES"; {meant}',
        'ROOMREEL_THREADS: expected an integer, 0 up, found "-1"',
        f'{file}:1: workres: expected a known key, found "workres"; did you mean "workers"?',
        f'{file}:2: quality: expected "draft" or "standard" or "high", found "best"',
        f"{file}:3: media_roots.1: expected a string, found 5",
        f'{file}:4: video_encoder.mkv: expected "mp4" or "webm", found "mkv"',
    ]


def test_a_setting_that_is_missing_is_asked_for_in_the_file(tmp_path):
    file = tmp_path / "some.toml"
    file.write_text('spread = "dask"\n')
    with pytest.raises(SettingsInvalid) as caught:
        load(file)
    assert caught.value.message.startswith(f"{file}: dask_address: expected the address of")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SettingsInvalid, match=r"some\.toml: No such file") as caught:
        load(tmp_path / "some.toml")
    assert caught.value.remedy == "check --config and ROOMREEL_CONFIG"


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("ROOMREEL_STORES", "ROOMREEL_STORE"),
        ("ROOMREEL_WORKRES", "ROOMREEL_WORKERS"),
        ("ROOMREEL_MANIFEST", "ROOMREEL_MANIFESTS"),
        ("roomreel_worker", "ROOMREEL_WORKERS"),
        ("ROOMREEL_LOGFILE", "ROOMREEL_LOG_FILE"),
    ],
)
def test_a_mistyped_variable_is_refused(monkeypatch, name, meant):
    monkeypatch.setenv(name, "x")
    with pytest.raises(SettingsInvalid) as caught:
        load()
    (violation,) = caught.value.violations
    assert (violation.pointer, violation.hint) == (name, f'did you mean "{meant}"?')


def test_a_variable_that_nothing_reads_is_refused(monkeypatch):
    monkeypatch.setenv("ROOMREEL_XX", "1")
    with pytest.raises(SettingsInvalid, match="known here: ROOMREEL_FOLDER, "):
        load()


@pytest.mark.parametrize(
    "name",
    [
        *("ROOMREEL_SERVICE_HOST", "ROOMREEL_SERVICE_PORT", "ROOMREEL_SERVICE_PORT_HTTP"),
        *("ROOMREEL_PORT", "ROOMREEL_PORT_4200_TCP", "ROOMREEL_PORT_4200_TCP_ADDR"),
        *("ROOMREEL_SERVER_SERVICE_HOST", "ROOMREEL_SERVER_PORT"),
        *("ROOMREEL_RUNS", "ROOMREEL_LISTEN", "ROOMREEL_WEBHOOK"),
        *("ROOMREEL_PRIVATE_KEY_PASSPHRASE", "ROOMREEL_", "OTHER_STORES"),
    ],
)
def test_other_variables_stay(monkeypatch, name):
    monkeypatch.setenv(name, "x")
    load()


@pytest.mark.parametrize("given", [{}, {"mp4": "h264_nvenc"}, {"webm": "libvpx-vp9"}])
def test_a_format_without_an_encoder_has_the_usual_one(tmp_path, given):
    path = tmp_path / "some.toml"
    lines = "".join(f'{name} = "{encoder}"\n' for name, encoder in given.items())
    path.write_text(f"[video_encoder]\n{lines}")
    usual = {"mp4": "libx264", "webm": "libvpx"}
    assert load(path).model_dump(mode="json")["video_encoder"] == usual | given


def test_reading_changes_no_environment(tmp_path, monkeypatch):
    """A second reading of one process would inherit the server of the first."""
    for name in ("AWS_ENDPOINT_URL_S3", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    first, second = tmp_path / "first.toml", tmp_path / "second.toml"
    first.write_text('s3_endpoint = "https://one.example.org"\ns3_region = "here"\n')
    second.write_text("")
    before = dict(os.environ)
    loaded = load(first)
    assert dict(os.environ) == before
    assert load(second).s3_endpoint is None
    # S3 clients go by settings only where a program says so.
    monkeypatch.setattr(os, "environ", dict(before))
    assert apply_environment(loaded) is loaded
    assert os.environ["AWS_ENDPOINT_URL_S3"] == "https://one.example.org"
    assert os.environ["AWS_DEFAULT_REGION"] == "here"


def test_every_setting_is_declared_by_one_group():
    groups = [kind for kind in Settings.__mro__[1:] if issubclass(kind, Group) and kind != Group]
    declared = [name for group in groups for name in _declared(group)]
    assert sorted(declared) == sorted(Settings.model_fields)
    assert not _declared(Settings)


def _declared(group):
    inherited = {name for base in group.__bases__ for name in getattr(base, "model_fields", ())}
    return [name for name in group.model_fields if name not in inherited]
