"""Fonts: those that come with roomreel, those of a setting, and none of the machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib.tables._g_l_y_f import Glyph, GlyphComponent

from roomreel.errors import SettingsInvalid
from roomreel.media.fonts import (
    SANS,
    families,
    font_files,
    fonts_sha256,
    missing_glyphs,
    shipped_folders,
)


def shipped(name: str) -> Path:
    return next(file for file in font_files() if file.name.startswith(name))


def test_the_fonts_that_come_along_have_the_letters_of_the_world():
    assert SANS in families()
    texts = (
        "Ångström Ειρήνη Привет 田中さくら 김철수 مرحبا שלום",
        "नमस्ते สวัสดี ខ្មែរ မြန်မာ தமிழ் 👨‍👩‍👧 👍🏽 🇩🇪 …",
    )
    assert missing_glyphs("".join(texts)) == []


def test_a_character_that_no_font_has_is_named_once():
    assert missing_glyphs("b\U0010fffea\U0010fffe\ue000\n \u202e") == ["\ue000", "\U0010fffe"]


def test_a_font_of_a_folder_counts_and_without_it_is_missed(tmp_path):
    assert missing_glyphs("م", [tmp_path]) == []
    shutil.copy(shipped("NotoSansThai"), tmp_path / "one.TTF")
    assert font_files([tmp_path])[-1] == tmp_path / "one.TTF"
    assert families([tmp_path]) == families()


def test_the_digest_is_that_of_the_bytes_of_all_fonts(tmp_path):
    alone = fonts_sha256()
    assert fonts_sha256([tmp_path]) == alone
    shutil.copy(shipped("NotoSansThai"), tmp_path / "one.ttf")
    one = fonts_sha256([tmp_path])
    shutil.copy(shipped("NotoSansLao"), tmp_path / "one.ttf")
    assert len({alone, one, fonts_sha256([tmp_path])}) == 3


def test_a_link_to_nothing_or_a_folder_is_no_font(tmp_path):
    (tmp_path / "one.ttf").symlink_to(tmp_path / "nothing")
    (tmp_path / "two.ttf").mkdir()
    assert font_files([tmp_path, tmp_path / "missing"]) == font_files()
    assert families([tmp_path]) == families()


@pytest.mark.parametrize("name", ["font.ttf", "font.otf", "font.ttc"])
@pytest.mark.parametrize("kind", ["empty", "text", "cut", "zeros", "noise"])
def test_a_broken_font_is_refused_in_words(tmp_path, name, kind):
    whole = shipped("NotoSansThai").read_bytes()
    content = {
        "empty": b"",
        "text": b"not a font",
        "cut": whole[:2000],
        "zeros": whole[:12] + bytes(len(whole) - 12),
        "noise": whole[:200] + bytes(b ^ 0x55 for b in whole[200:]),
    }[kind]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SettingsInvalid, match=name) as refused:
        families([tmp_path])
    assert refused.value.remedy
    assert missing_glyphs("\U0010fffe", [tmp_path]) == ["\U0010fffe"]


DRAWN = """
import sys, hashlib
from pathlib import Path
from roomreel.media.fonts import use_fonts
use_fonts(Path(sys.argv[1]), [Path(one) for one in sys.argv[2:]])
from roomreel.media.draw import draw
from roomreel.model.geometry import Size
from roomreel.model.look import Anchor, Style, Text
for text, font in (("Alice 田中 مرحبا नमस्ते 👍", "sans"), ("a\\U0010fffe", "sans"), ("x", "Other")):
    pixels = draw(Text(text, Style(font=font)), Size(624, 48), Anchor.TOP_LEFT)
    print(hashlib.sha256(pixels).hexdigest())
"""


def drawn(folder: Path, *fonts: Path, **environment: str) -> list[str]:
    ran = subprocess.run(
        [sys.executable, "-c", DRAWN, folder, *fonts],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout.split()


def test_the_machine_and_its_language_change_no_pixel_and_broken_fonts_are_passed_over(tmp_path):
    here = drawn(tmp_path / "one")
    assert len(here) == 3
    broken = tmp_path / "fonts"
    broken.mkdir()
    (broken / "broken.ttf").write_bytes(shipped("NotoSansThai").read_bytes()[:3000])
    (broken / "text.otf").write_bytes(b"not a font")
    elsewhere = {"LANG": "ko_KR.UTF-8", "LC_ALL": "zh_CN.UTF-8", "LANGUAGE": "zh", "HOME": "/none"}
    assert drawn(tmp_path / "two", broken, **elsewhere) == here


def font_of_squares(file: Path) -> None:
    """Write a font in which U+E000 is a square, red below and blue above."""
    builder = FontBuilder(1000)
    names = [".notdef", "both", "low", "high"]
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({0xE000: "both"})
    glyphs = {}
    for name, bottom, top in zip(names, (0, 0, 0, 350), (700, 700, 350, 700), strict=True):
        pen = TTGlyphPen(None)
        pen.moveTo((0, bottom))
        for point in ((0, top), (700, top), (700, bottom)):
            pen.lineTo(point)
        pen.closePath()
        glyphs[name] = pen.glyph()
    builder.setupGlyf(glyphs)
    builder.setupHorizontalMetrics(dict.fromkeys(names, (700, 0)))
    builder.setupHorizontalHeader(ascent=3000, descent=-2000)
    builder.setupNameTable({"familyName": "Squares", "styleName": "Regular"})
    builder.setupOS2(sTypoAscender=3000, sTypoDescender=-2000, usWinAscent=3000, usWinDescent=2000)
    builder.setupPost()
    builder.setupCOLR({"both": [("low", 0), ("high", 1)]})
    builder.setupCPAL([[(1, 0, 0, 1), (0, 0, 1, 1)]])
    builder.save(file)


COLOURED = """
import sys
from pathlib import Path
from roomreel.media.fonts import use_fonts
use_fonts(Path(sys.argv[1]), [Path(sys.argv[2])])
from roomreel.media.draw import draw
from roomreel.model.geometry import Size
from roomreel.model.look import Anchor, Style, Text
for font in ("Squares", "sans"):
    style = Style(font=font, size=20, box=None)
    pixels = draw(Text("\\ue000", style), Size(40, 30), Anchor.TOP_LEFT)
    print(*(tuple(map(int, pixels[row, 7])) for row in (6, 10, 18, 23)), sep=";")
"""


def test_a_font_of_a_folder_has_its_colours_and_moves_no_line(tmp_path):
    """Its own lines would be five sizes high."""
    folder = tmp_path / "fonts"
    folder.mkdir()
    font_of_squares(folder / "squares.ttf")
    assert "Squares" in families([folder])
    assert missing_glyphs("\ue000") == ["\ue000"]
    assert missing_glyphs("\ue000", [folder]) == []
    ran = subprocess.run(
        [sys.executable, "-c", COLOURED, tmp_path, folder],
        capture_output=True,
        text=True,
        check=True,
    )
    nothing, blue, red = (0, 0, 0, 0), (0, 0, 255, 255), (255, 0, 0, 255)
    seen = ";".join(map(str, (nothing, blue, red, nothing)))
    assert ran.stdout.splitlines() == [seen, seen]


def font_of_itself(file: Path) -> None:
    """Write a font in which U+E000 is made of a glyph that is made of it."""
    builder = FontBuilder(1000)
    builder.font.recalcBBoxes = False
    names = [".notdef", "one", "other"]
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({0xE000: "one"})
    glyphs = {".notdef": TTGlyphPen(None).glyph()}
    for name, part in (("one", "other"), ("other", "one")):
        component = GlyphComponent()
        component.glyphName, component.x, component.y, component.flags = part, 1, 1, 0
        glyph = glyphs[name] = Glyph()
        glyph.numberOfContours, glyph.components = -1, [component]
        glyph.xMin, glyph.yMin, glyph.xMax, glyph.yMax = 0, 0, 700, 700
    builder.setupGlyf(glyphs, calcGlyphBounds=False)
    builder.setupHorizontalMetrics(dict.fromkeys(names, (700, 0)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Ring", "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    builder.save(file)


def test_a_glyph_that_is_made_of_itself_is_drawn_as_nothing_and_ends(tmp_path):
    folder = tmp_path / "fonts"
    folder.mkdir()
    font_of_itself(folder / "ring.ttf")
    assert "Ring" in families([folder])
    assert missing_glyphs("\ue000", [folder]) == []
    code = COLOURED.replace("Squares", "Ring")
    ran = subprocess.run(
        [sys.executable, "-c", code, tmp_path, folder], capture_output=True, text=True, check=True
    )
    assert len(ran.stdout.splitlines()) == 2


def test_fonts_of_the_machine_are_not_looked_at():
    assert all(folder.is_relative_to(sys.prefix) for folder in shipped_folders())


def test_what_draws_is_not_loaded_before_something_is_to_be_drawn():
    names = "{'pyvips', 'fontTools', 'uniseg'}"
    modules = "sys, roomreel.render.worker, roomreel.compose.one"
    code = f"import {modules}; print({names} & {{*sys.modules}})"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"
