"""Hooks that several instances change at a time, on each kind of database."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from roomreel.errors import ArgumentsInvalid, RoomreelError
from roomreel.model.selection import Selection
from roomreel.model.template import Template
from roomreel.service.access.account import make_account
from roomreel.service.database import turns
from roomreel.service.database.connections import Database
from roomreel.service.hooks.hooks import (
    HookChanged,
    create_hook,
    delete_hook,
    find_hook,
    list_broken_hooks,
    update_hook,
)
from roomreel.service.service import Service
from roomreel.settings import Settings

INSTANCES = 8


def named(name: str) -> Template:
    return Template(name, audio=Selection(("*",)))


@pytest.fixture
def instances(settings: Settings, database: Database) -> list[Service]:
    account = make_account(None)
    return [Service(settings, database, lambda: account, "") for _ in range(INSTANCES)]


def attempt(call: Callable[[], object]) -> str:
    try:
        call()
    except RoomreelError as error:
        return type(error).__name__
    return "done"


def test_of_many_who_want_a_name_at_a_time_one_gets_it(instances: list[Service]) -> None:
    with ThreadPoolExecutor(INSTANCES) as pool:
        names = ["one", "ONE", "One", "oNe", "two", "TWO", "three", "four"]
        asked = zip(instances, names, strict=True)
        found = [*pool.map(lambda one: attempt(lambda: create_hook(one[0], named(one[1]))), asked)]
    assert sorted(found) == ["ArgumentsInvalid"] * 4 + ["done"] * 4
    for instance in instances:
        read = instance.hooks.read()
        assert {hook.ready.name.casefold() for hook in read.hooks} == {
            "one",
            "two",
            "three",
            "four",
        }
        assert not read.problems


def test_what_one_instance_changes_the_others_see_at_once(instances: list[Service]) -> None:
    first, second, *_ = instances
    made = create_hook(first, named("one"))
    assert [hook.sid for hook in second.hooks.read().hooks] == [made.sid]
    for number in range(5):
        changed = update_hook(second, made.sid, named(f"name {number}"))
        assert first.hooks.read().hooks == (changed,)
        dates = changed.ready.template.date_created, changed.ready.template.date_updated
        assert dates[0] == made.ready.template.date_created
        assert dates[1] is not None
        assert dates[0] is not None
        assert dates[0] < dates[1] <= datetime.now(UTC)
    delete_hook(second, made.sid)
    assert first.hooks.read().hooks == ()


def test_who_is_killed_while_it_changes_hooks_keeps_the_others_waiting_not_for_good(
    instances: list[Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "end_leases", lambda *_: None)
    create_hook(instances[0], named("one"))
    monkeypatch.setattr(turns, "_PATIENCE_S", 0.1)
    assert attempt(lambda: create_hook(instances[1], named("two"))) == "Conflict"
    monkeypatch.setattr(turns, "take_lease", lambda *_: True)  # it has run out
    create_hook(instances[1], named("two"))
    with pytest.raises(ArgumentsInvalid, match="FriendlyName"):
        create_hook(instances[1], named("one"))


def test_a_hook_in_the_folder_of_templates_that_cannot_be_read_harms_no_other(
    settings: Settings, database: Database, tmp_path: Path
) -> None:
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "bad.json").write_text("{")
    with_folder = settings.model_copy(update={"templates": str(folder)})
    account = make_account(None)
    service = Service(with_folder, database, lambda: account, "")
    made = create_hook(service, named("one"))
    read = service.hooks.read()
    assert [hook.sid for hook in read.hooks] == [made.sid]
    assert [*read.problems] == [str(folder / "bad.json")]


def test_templates_that_the_settings_leave_out_are_not_enabled_as_hooks(
    settings: Settings, database: Database, tmp_path: Path
) -> None:
    folder = tmp_path / "templates"
    folder.mkdir()
    for name in ("in", "out"):
        text = f'{{"schema":"roomreel.template/1","friendly_name":"{name}","audio_sources":["*"]}}'
        (folder / f"{name}.json").write_text(text)
    given = {"templates": str(folder), "template_names": ["in"]}
    account = make_account(None)
    service = Service(settings.model_copy(update=given), database, lambda: account, "")
    create_hook(service, named("by the API"))
    enabled = {hook.ready.name: hook.is_enabled for hook in service.hooks.read().hooks}
    assert enabled == {"in": True, "out": False, "by the API": True}


def test_of_those_who_change_what_they_saw_one_does(instances: list[Service]) -> None:
    first = create_hook(instances[0], named("first"))
    seen = first.version
    assert find_hook(instances[1], first.sid).version == seen

    def change(number: int) -> str:
        made = named(f"changed {number}")
        return attempt(lambda: update_hook(instances[number], first.sid, made, seen))

    with ThreadPoolExecutor(INSTANCES) as pool:
        results = sorted(pool.map(change, range(INSTANCES)))
    assert results == ["HookChanged"] * (INSTANCES - 1) + ["done"]
    changed = find_hook(instances[0], first.sid)
    assert changed.version != seen
    assert changed.ready.name.startswith("changed")
    with pytest.raises(HookChanged):
        delete_hook(instances[0], first.sid, seen)
    delete_hook(instances[0], first.sid, changed.version)


def test_changed_to_the_same_it_has_another_version(instances: list[Service]) -> None:
    service = instances[0]
    made = create_hook(service, named("one"))
    again = update_hook(service, made.sid, named("one"), made.version)
    assert again.version != made.version
    # Whoever names no version changes any.
    assert update_hook(service, made.sid, named("two")).ready.name == "two"


def test_documents_that_cannot_be_used_are_listed_without_their_paths(
    instances: list[Service], tmp_path: Path
) -> None:
    service = instances[0]
    made = create_hook(service, named("one"))
    file = Path(str(service.settings.hooks_root / f"{made.sid}.json"))
    file.write_text('{"friendly_name": "", "format": "avi"}')
    copy = file.with_name(f"HK{'a' * 32}.json")
    copy.write_text(file.read_text())
    broken = list_broken_hooks(service)
    assert {one.sid for one in broken} == {made.sid, f"HK{'a' * 32}"}
    for one in broken:
        assert one.file == f"{one.sid}.json"
        assert any(words.startswith("/format: expected") for words in one.problems)
        assert not any(str(tmp_path) in words for words in one.problems)
        delete_hook(service, one.sid or "", "")
    assert list_broken_hooks(service) == []
