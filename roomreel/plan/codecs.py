"""Codecs: what documents call them, and what FFmpeg does."""

from __future__ import annotations

import re
from collections.abc import Mapping

OTHER_NAMES: Mapping[str, tuple[str, ...]] = {
    "vp8": ("vp08", "vp80"),
    "vp9": ("vp09", "vp90"),
    "av1": ("av01", "aom", "av1x"),
    "h264": ("avc", "avc1", "avc3", "x264", "mpeg4isoavc"),
    "hevc": ("h265", "hev1", "hvc1", "x265", "mpegh", "mpeghisohevc"),
    "mpeg4": ("mp4v", "mp4ves", "xvid", "divx"),
    "mpeg2video": ("mpeg2", "mpgv"),
    "mjpeg": ("jpeg", "motionjpeg"),
    "opus": ("opusaudio",),
    "aac": ("mp4a", "mp4alatm", "mpeg4generic", "aaclc", "heaac", "aaclatm"),
    "mp3": ("mpegaudio", "mpa", "mpegl3"),
    "pcm_mulaw": ("pcmu", "ulaw", "mulaw", "g711", "g711u", "g711ulaw", "mlaw", "basic"),
    "pcm_alaw": ("pcma", "alaw", "g711a", "g711alaw"),
    "adpcm_g722": ("g722",),
    "adpcm_g726": ("g726", "g72632", "g72624", "g72616", "g72640"),
    "amr_nb": ("amr", "amrnb", "samr"),
    "amr_wb": ("amrwb", "sawb"),
    "pcm_s16be": ("l16",),
}
"""By FFmpeg's name of a codec, others of it: of SDP, MIME types, MP4 (RFC 6381) and Matroska, in
lower case, letters and digits alone."""

_CANONICAL = {other: name for name, others in OTHER_NAMES.items() for other in others}

# "video/VP8" is a MIME type, "opus/48000/2" a line of SDP, "V_VP8" what Matroska says.
_PREFIX = re.compile(r"^(?:(?:audio|video)/(?:x-)?|[av]_)")


def is_codec(claim: str, found: str) -> bool:
    """Return whether a claim names a codec, however it is written.

    Args:
        claim: of a document.
        found: FFmpeg's name of the codec.
    """
    text = _PREFIX.sub("", claim.strip().casefold(), count=1)
    # RFC 6381 says the profile after a dot, as in "avc1.42e01f"; but "H.264" is a name.
    ways = {_plain(text), _plain(text.partition("/")[0]), _plain(text.partition(".")[0])}
    return _canonical(_plain(found)) in map(_canonical, ways)


def _canonical(name: str) -> str:
    return _plain(_CANONICAL.get(name, name))


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name)
