import itertools
import subprocess
import sys
from unittest.mock import patch

import pytest

from roomreel import __version__, cli
from roomreel.errors import (
    Cancelled,
    CatalogError,
    DocumentInvalid,
    EmptyTrackList,
    NotFound,
    RenderTimeout,
    RoomreelError,
    SettingsInvalid,
    StorageFailed,
)


def run(*arguments: str) -> int:
    with patch.object(sys, "argv", ["roomreel", *arguments]), pytest.raises(SystemExit) as stop:
        cli.main()
    return stop.value.code or 0


def raising(error: BaseException):
    def verb(*_args, **_kwargs):
        raise error

    return patch("roomreel.api.checking.validate", verb)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SettingsInvalid("x"), 2),
        (DocumentInvalid("x"), 2),
        (NotFound("x"), 2),
        (EmptyTrackList("x"), 3),
        (RenderTimeout("x"), 4),
        (StorageFailed("x"), 5),
        (CatalogError("x"), 6),
        (Cancelled("x"), 130),
        (RoomreelError("x"), 1),
        (KeyboardInterrupt(), 130),
    ],
)
def test_the_kind_of_an_error_is_its_exit_code(error, code, capsys):
    with raising(error):
        assert run("validate", "x.json") == code
    err = capsys.readouterr().err
    assert "Traceback" not in err
    if isinstance(error, RoomreelError):
        assert err == f"roomreel: {error.code}: x\n"


def test_a_mistake_of_our_own_is_one_line_and_a_request(capsys):
    with raising(ZeroDivisionError("division by zero")):
        assert run("validate", "x.json") == 1
    err = capsys.readouterr().err
    assert err.startswith("roomreel: internal-error: ZeroDivisionError: division by zero\n")
    assert "report it" in err
    assert "Traceback" not in err


def test_traceback_shows_where_a_mistake_of_our_own_is(capsys):
    with raising(ZeroDivisionError("division by zero")):
        assert run("--traceback", "validate", "x.json") == 1
    assert "Traceback" in capsys.readouterr().err


def test_a_full_disk_under_the_output_is_a_storage_failure(capsys):
    with raising(OSError(28, "No space left on device")):
        assert run("validate", "x.json") == StorageFailed.exit_code
    assert "No space left on device" in capsys.readouterr().err


def test_version(capsys):
    assert run("--version") == 0
    assert capsys.readouterr().out == f"roomreel {__version__}\n"


@pytest.mark.parametrize("verb", [*cli.VERBS, "catalog recover"])
def test_every_verb_explains_itself(verb, capsys):
    assert run(*verb.split(), "--help") == 0
    assert "Usage" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["nothing"], ["[/red]"], ["validate"], ["list", "tracks"]])
def test_wrong_words_are_a_usage_error(arguments, capsys):
    assert run(*arguments) == 2
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("verb", [*cli.VERBS, "catalog recover", ""])
def test_help_at_80_columns_is_whole(verb, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert run(*verb.split(), "-h") == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    text = "\n".join(lines)
    assert not {"%Y", "...}...", "[["} & {part for part in ("%Y", "...}...", "[[") if part in text}
    # A line of a paragraph ends where the next word has no room, and not where the source's did.
    for line, after in itertools.pairwise(lines):
        words = after.split()
        if line.startswith(" ") and after.startswith(" ") and line.strip() and words:
            assert len(line.rstrip()) + 1 + len(words[0]) > 79


def test_it_is_a_module_too():
    command = [sys.executable, "-m", "roomreel", "--version"]
    assert subprocess.run(command, capture_output=True, check=True).stdout.startswith(b"roomreel ")
