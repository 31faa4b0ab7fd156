"""Characters of texts in the picture that no font has."""

from fractions import Fraction

import pytest

from roomreel.compose.glyphs import with_missing_glyphs
from roomreel.model.overlay import TextOverlay
from roomreel.model.plan import WarningCode
from roomreel.plan import make_plan


@pytest.fixture
def plan(make):
    def build(*texts):
        overlays = tuple(TextOverlay(text=text) for text in texts)
        template = make.template(make.region(), overlays=overlays)
        return make_plan(
            make.room(make.recording("V0")), template, {"V0": make.video(0, 9000)}, Fraction(60)
        )

    return build


def test_each_is_named_once_in_one_warning(plan):
    made = plan("a\U0010fffe", "\U0010fffe \ue000 Ångström مرحبا")
    found = with_missing_glyphs(made, [])
    assert [*made.warnings] == [one for one in found.warnings if one.code != "glyph-missing"]
    (warning,) = (one for one in found.warnings if one.code is WarningCode.GLYPH_MISSING)
    assert warning.message == "no font has U+10FFFE, U+E000"


@pytest.mark.parametrize("texts", [(), ("Alice",), ("田中 नमस्ते 👨‍👩‍👧",)])
def test_a_plan_of_which_all_can_be_drawn_stays_as_it_is(plan, texts):
    made = plan(*texts)
    assert with_missing_glyphs(made, []) is made
