"""The files of a composition: their names, and the order in which they appear and are known."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from roomreel.compose import publish
from roomreel.compose.publish import (
    files_beside,
    files_encrypted_otherwise,
    publish_rendered,
    stored_files,
    write_plan,
)
from roomreel.documents.plan import plan_document
from roomreel.encryption import Encryptor
from roomreel.errors import StorageFailed
from roomreel.model.composition import Files
from roomreel.model.geometry import Size
from roomreel.model.plan import Passthrough, Plan, PlanWarning, WarningCode
from roomreel.model.template import Format
from roomreel.render.spec import Rendered
from roomreel.settings import EncryptionSetting, Settings

SID = f"CJ{1_795_000_000_000:012x}{7:020x}"
KINDS = ["poster", "sheet", "plan", "media"]


def settings(encryption: EncryptionSetting) -> Settings:
    return Settings(encryption=encryption, public_key=Path("key.pub"))


@pytest.mark.parametrize(("encryption", "ending"), [("none", ""), ("age", ".age")])
def test_a_plan_is_beside_what_is_in_the_store_alone(
    tmp_path: Path, encryption: EncryptionSetting, ending: str
) -> None:
    stored = files_beside(tmp_path / f"{SID}.mp4", settings(encryption))
    assert stored == Files(
        *(
            f"{tmp_path}/{SID}.{name}{ending}"
            for name in ("mp4", "poster.jpg", "sheet.jpg", "plan.json")
        )
    )
    out = files_beside(tmp_path / "call.mp4", settings(encryption))
    assert out.plan is None
    assert out.poster == f"{tmp_path}/call.mp4.poster.jpg{ending}"
    known = {path.name for path in stored_files(Path(out.media))}
    names = {name for name in known if not name.endswith(".instruction")}
    assert names == {
        "call.mp4.codec.log",
        *(f"call.mp4{what}{ending}" for what in ("", ".poster.jpg", ".sheet.jpg")),
    }


@pytest.mark.parametrize("encryption", ["none", "age", "rsa-envelope"])
def test_all_that_may_be_stored_is_known_by_the_medium_which_is_last(
    tmp_path: Path, encryption: EncryptionSetting
) -> None:
    files = files_beside(tmp_path / f"{SID}.webm", settings(encryption))
    known = stored_files(Path(files.media))
    assert known[-1] == Path(files.media)
    names = {Path(getattr(files, kind)) for kind in KINDS}
    instructions = {path.with_name(f"{path.name}.instruction") for path in names}
    expected = {tmp_path / f"{SID}.codec.log", *names}
    assert set(known) == (expected if encryption == "none" else expected | instructions)
    others = files_encrypted_otherwise(Path(files.media))
    assert not names & set(others)
    assert tmp_path / f"{SID}.plan.json{'' if encryption == 'age' else '.age'}" in others


@pytest.fixture
def rendered(tmp_path: Path) -> Callable[[], tuple[Rendered, Path]]:
    """Makes files in scratch, as a render leaves them."""
    folder = tmp_path / "scratch"
    folder.mkdir()

    def make() -> tuple[Rendered, Path]:
        paths = {kind: folder / kind for kind in KINDS}
        for kind, path in paths.items():
            path.write_text(kind)
        media, poster, sheet = (str(paths[kind]) for kind in ("media", "poster", "sheet"))
        return Rendered(media, poster, sheet, {}), paths["plan"]

    return make


@pytest.mark.parametrize("last", range(5))
def test_where_the_medium_is_all_is_whenever_it_was_killed(
    tmp_path: Path, rendered: Any, monkeypatch: pytest.MonkeyPatch, last: int
) -> None:
    files = files_beside(tmp_path / "store" / f"{SID}.mp4", settings("none"))
    really, count = publish.publish_encrypted, 0

    def killed(*what: Any) -> None:
        nonlocal count
        if count == last:
            raise StorageFailed("killed")
        count += 1
        really(*what)

    monkeypatch.setattr(publish, "publish_encrypted", killed)

    def there() -> set[str]:
        return {kind for kind in KINDS if Path(getattr(files, kind)).exists()}

    made, plan = rendered()
    if last < len(KINDS):
        with pytest.raises(StorageFailed):
            publish_rendered(made, plan, files, Encryptor())
        assert len(there()) == last
        assert "media" not in there()
        monkeypatch.setattr(publish, "publish_encrypted", really)
        made, plan = rendered()
    published, _, _ = publish_rendered(made, plan, files, Encryptor())
    assert published == files
    assert {kind: Path(getattr(files, kind)).read_text() for kind in KINDS} == {
        kind: kind for kind in KINDS
    }


def test_what_is_not_made_is_not_published(tmp_path: Path, rendered: Any) -> None:
    files = files_beside(tmp_path / "store" / f"{SID}.mp4", settings("none"))
    made, plan = rendered()
    sound = replace(made, poster=None, sheet=None)
    published, _, _ = publish_rendered(sound, plan, files, Encryptor())
    assert published == replace(files, poster=None, sheet=None)
    made, _ = rendered()
    out = files_beside(tmp_path / "out" / "call.mp4", settings("none"))
    assert publish_rendered(made, None, out, Encryptor())[0] == out
    assert len(list((tmp_path / "out").iterdir())) == 3


def test_a_plan_that_is_published_tells_no_secrets(tmp_path: Path) -> None:
    url = "https://me:hunter2@store/a.mkv?X-Amz-Signature=5ec7e7"
    plan = Plan(
        room_sid="RM1",
        room_name="room",
        template="grid",
        resolution=Size(640, 480),
        format=Format.MP4,
        frame_rate=Fraction(30),
        frame_count=30,
        length=Fraction(1),
        source_bytes=1000,
        has_video=True,
        regions=(),
        scenes=(),
        audio=(),
        chapters=(),
        kept=(),
        sources=(),
        warnings=(PlanWarning(WarningCode.MEDIA_MISSING, "RT1", f"there is no {url}"),),
        passthrough=Passthrough(refused=f"{url} does not play"),
    )
    text = write_plan(plan, tmp_path).read_text(encoding="ascii")
    assert not [secret for secret in ("hunter2", "5ec7e7") if secret in text]
    expected = plan_document(plan)
    found = json.loads(text)
    assert found.keys() == expected.keys()
    assert found["warnings"][0]["message"].startswith("there is no https://")
    with pytest.raises(StorageFailed, match="cannot write"):
        write_plan(plan, tmp_path / "gone")
