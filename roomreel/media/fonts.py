"""The fonts that texts are drawn in: those that come with roomreel and those of a setting.

None is the machine's, so the same files give the same pixels everywhere.
"""

from __future__ import annotations

import hashlib
import os
import struct
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from roomreel.errors import SettingsInvalid

SANS = "Noto Sans"
"""The family that `sans` is."""

_PACKAGES = ("manimgx_fonts", "manimgx_fonts_cjk")
"""What brings fonts, as files beside its `__init__`; the second is the extra `cjk`."""

_REMEDY = "remove it from the folder of `fonts`, or give roomreel read access"

_SUFFIXES = (".otf", ".ttc", ".ttf")

# What one font lacks the next one has, in this order: Han are Japanese where nothing says whose.
# Of an emoji that begins with a digit the font of digits would take only that: `emoji` is what
# Pango asks for there.
_EMOJI = ("Noto Color Emoji", "Noto Emoji")
_FALLBACKS = (SANS, "Noto Sans CJK JP", *_EMOJI, "Noto Sans Symbols")

# Outlines at every size, so that they can be placed to the fraction of a pixel, without a
# machine's taste in hinting and subpixels.
_CONF = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
<reset-dirs/>
{folders}
<cachedir>{cache}</cachedir>
<alias binding="same"><family>emoji</family><prefer>{emoji}</prefer></alias>
<match target="pattern">
{fallbacks}
<edit name="antialias" mode="assign"><bool>true</bool></edit>
<edit name="hinting" mode="assign"><bool>false</bool></edit>
<edit name="hintstyle" mode="assign"><const>hintnone</const></edit>
<edit name="autohint" mode="assign"><bool>false</bool></edit>
<edit name="rgba" mode="assign"><const>none</const></edit>
</match>
</fontconfig>
"""
_FOLDER = "<dir>{}</dir>"
_FAMILY = "<family>{}</family>"
_FALLBACK = '<edit name="family" mode="append" binding="weak"><string>{}</string></edit>'


def use_fonts(scratch: Path, folders: Iterable[Path] = ()) -> None:
    """Let texts of this process be drawn in the fonts of roomreel and of some folders.

    To be called before the first text is drawn: the library looks once. Called twice, the first
    call counts.

    Args:
        scratch: a folder of ours, for the library's configuration and what it caches.
    """
    cache = scratch / "fonts"
    cache.mkdir(parents=True, exist_ok=True)
    named = [*shipped_folders(), *folders]
    conf = _CONF.format(
        folders="\n".join(_FOLDER.format(escape(str(folder))) for folder in named),
        cache=escape(str(cache)),
        emoji="".join(map(_FAMILY.format, _EMOJI)),
        fallbacks="\n".join(map(_FALLBACK.format, _FALLBACKS)),
    )
    file = cache / f"{hashlib.sha256(conf.encode()).hexdigest()[:16]}.conf"
    if not file.exists():
        half = file.with_suffix(f".{os.getpid()}")
        half.write_text(conf, encoding="utf-8")
        half.replace(file)
    os.environ["FONTCONFIG_FILE"] = str(file)
    # Else Han would be of the country of the machine's language.
    os.environ["PANGO_LANGUAGE"] = "en"


def shipped_folders() -> list[Path]:
    """Return the folders of the fonts that come with roomreel, and of its extras if installed."""
    specs = (find_spec(package) for package in _PACKAGES)
    return [Path(spec.origin).parent for spec in specs if spec and spec.origin]


def font_files(folders: Iterable[Path] = ()) -> list[Path]:
    """Return the font files of roomreel and of some folders, in the order they are looked at."""
    return [
        file
        for folder in (*shipped_folders(), *folders)
        for file in sorted(folder.rglob("*"))
        if file.suffix.lower() in _SUFFIXES and file.is_file()
    ]


def fonts_sha256(folders: Sequence[Path] = ()) -> str:
    """Return one digest of the bytes of all font files.

    Raises:
        SettingsInvalid: one cannot be read.
    """
    digest = hashlib.sha256()
    for file in font_files(folders):
        about = file.stat()
        digest.update(_digest(file, about.st_size, about.st_mtime_ns))
    return digest.hexdigest()


# Of 40 MB, for each composition.
@lru_cache(maxsize=1024)
def _digest(file: Path, _size: int, _mtime_ns: int) -> bytes:
    try:
        with file.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").digest()
    except OSError as error:
        raise SettingsInvalid(f"cannot read font {file}: {error.strerror}", _REMEDY) from error


def families(folders: Sequence[Path] = ()) -> list[str]:
    """Return the names of the families of all fonts, in order.

    Raises:
        SettingsInvalid: a file is no font.
    """
    found: set[str] = set()
    for file in font_files(folders):
        with _opened(file) as fonts:
            found.update(_family(font) for font in fonts)
    return sorted(found)


def missing_glyphs(text: str, folders: Sequence[Path] = ()) -> list[str]:
    """Return the characters of a text that no font has, each once, in order.

    A file that is no font has none; nor is it drawn with.
    """
    missed = {c for c in text if not c.isspace() and (c.isprintable() or _is_unassigned(c))}
    for file in font_files(folders):
        if not missed:
            break
        missed = {c for c in missed if ord(c) not in _characters(file)}
    return sorted(missed)


def _is_unassigned(character: str) -> bool:
    """Return whether a character is none, or nobody's: what is drawn for it is a box."""
    return unicodedata.category(character) in ("Cn", "Co")


@lru_cache(maxsize=64)
def _characters(file: Path) -> frozenset[int]:
    # Those of a collection are one design in several countries: they have the same characters.
    with suppress(SettingsInvalid), _opened(file) as fonts:
        return frozenset(fonts[0].getBestCmap() or ())
    return frozenset()


def _family(font: Any) -> str:
    """Return the name that a font is asked for by: of its typographic family, where it has one."""
    return str(font["name"].getBestFamilyName())


@contextmanager
def _opened(file: Path) -> Iterator[list[Any]]:
    from fontTools.ttLib import TTCollection, TTFont, TTLibError

    try:
        if file.suffix.lower() == ".ttc":
            with TTCollection(str(file), lazy=True) as collection:
                yield collection.fonts
        else:
            with TTFont(str(file), lazy=True) as font:
                yield [font]
    except (OSError, TTLibError, ValueError, KeyError, AssertionError, struct.error) as error:
        raise SettingsInvalid(f"{file} is no font that can be read: {error}", _REMEDY) from error
