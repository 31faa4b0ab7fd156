from itertools import chain

import pytest

from roomreel.model.formats import FORMATS, REFUSED, TAKEN, format_of, why_refused


def test_each_name_of_a_format_is_in_one_row():
    demuxers = [*chain(*(one.demuxers for one in FORMATS)), *chain(*REFUSED.values())]
    assert len(demuxers) == len(set(demuxers))
    assert len({one.name for one in FORMATS}) == len(FORMATS)


def test_endings_are_lower_case_and_without_a_dot():
    endings = list(chain(*(one.endings for one in FORMATS)))
    assert all(ending == ending.lower().strip(".") for ending in endings)
    # Raw MPEG-4 video has the ending that Apple gave to MP4: content decides.
    assert sorted({one for one in endings if endings.count(one) > 1}) == ["m4v"]


@pytest.mark.parametrize("demuxer", ["mov,mp4,m4a,3gp,3g2,mj2", "mp4", "matroska,webm", "w64"])
def test_a_format_is_found_by_any_of_its_names(demuxer: str):
    found = format_of(demuxer)
    assert found is not None
    assert found.name in TAKEN


@pytest.mark.parametrize(
    ("demuxer", "reason"),
    [("hls", "other files"), ("png_pipe", "picture"), ("obu", "frame rate"), ("smk", "recorder")],
)
def test_each_other_format_has_a_reason(demuxer: str, reason: str):
    assert format_of(demuxer) is None
    assert reason in why_refused(demuxer)
