from itertools import chain

import pytest

from roomreel.plan.codecs import OTHER_NAMES, is_codec


@pytest.mark.parametrize(
    ("claim", "found"),
    [
        ("VP8", "vp8"),
        ("H264", "h264"),
        ("H.264", "h264"),
        ("avc1.42e01f", "h264"),
        ("video/H264", "h264"),
        ("V_MPEG4/ISO/AVC", "h264"),
        ("H265", "hevc"),
        ("av01.0.04M.08", "av1"),
        ("V_AV1", "av1"),
        ("opus/48000/2", "opus"),
        ("A_OPUS", "opus"),
        ("audio/opus", "opus"),
        (" PCMU ", "pcm_mulaw"),
        ("PCMA/8000", "pcm_alaw"),
        ("G722", "adpcm_g722"),
        ("mp4a.40.2", "aac"),
        ("MPEG4-GENERIC", "aac"),
        ("AMR-WB", "amr_wb"),
        ("pcm_s16le", "pcm_s16le"),
        ("vorbis", "vorbis"),
    ],
)
def test_a_codec_is_known_by_all_its_names(claim: str, found: str):
    assert is_codec(claim, found)


@pytest.mark.parametrize(
    ("claim", "found"),
    [("H264", "hevc"), ("vp8", "vp9"), ("PCMU", "pcm_alaw"), ("", "vp8"), ("é./", "opus")],
)
def test_another_codec_is_another(claim: str, found: str):
    assert not is_codec(claim, found)


def test_no_name_stands_for_two_codecs():
    names = [*OTHER_NAMES, *chain(*OTHER_NAMES.values())]
    assert len(names) == len(set(names))
