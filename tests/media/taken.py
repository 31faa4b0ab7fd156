"""How FFmpeg's command writes a file of each format that is taken."""

from __future__ import annotations

from foreign import H264, VP8

MPEG_2 = ("-c:v", "mpeg2video", "-q:v", 4, "-bf", 2)
MPEG_4 = ("-c:v", "mpeg4", "-q:v", 4)
YUV = ("-pix_fmt", "yuv420p")
PAL = ("-s", "720x576", *YUV)

PICTURES: dict[str, tuple[object, ...]] = {
    "mkv": H264,
    "webm": VP8,
    "mp4": H264,
    "mov": (*MPEG_4, *YUV),
    "3gp": ("-c:v", "h263", "-s", "176x144", "-q:v", 4),
    "ogv": ("-c:v", "libtheora", "-q:v", 8),
    "avi": MPEG_4,
    "ivf": VP8,
    "wmv": ("-c:v", "wmv2", "-q:v", 4),
    "mxf": (*MPEG_2, *YUV),
    "nut": MPEG_4,
    "dv": PAL,
    "y4m": YUV,
    "flv": H264,
    "ts": H264,
    "mpg": MPEG_2,
    "m2v": MPEG_2,
    "m4v": (*MPEG_4, "-f", "m4v"),
    "h264": H264,
    "h265": ("-c:v", "libx265", "-x265-params", "log-level=0", *YUV),
}
"""How pictures are written, by ending."""

SOUNDS: dict[str, tuple[object, ...]] = {
    # A coder of voices: it comes first, where tones are lowest.
    "amr": ("-c:a", "libopencore_amrnb", "-ar", 8000, "-ac", 1, "-b:a", "12.2k"),
    "mka": ("-c:a", "libopus"),
    "weba": ("-c:a", "libopus", "-f", "webm"),
    "m4a": (),
    "oga": ("-c:a", "flac"),
    "opus": (),
    "wav": (),
    "rf64": ("-f", "wav", "-rf64", "always"),
    "w64": (),
    "aiff": (),
    "aifc": ("-c:a", "pcm_mulaw", "-f", "aiff"),
    "au": (),
    "caf": ("-c:a", "alac"),
    "flac": (),
    "wv": (),
    "tta": (),
    "wma": (),
    "nut": ("-c:a", "libvorbis"),
    "flv": ("-c:a", "libmp3lame", "-ar", 44_100),
    "ts": ("-c:a", "aac"),
    "mpg": ("-c:a", "mp2"),
    "mp3": (),
    "mp2": (),
    "aac": (),
    "latm": ("-c:a", "aac", "-f", "latm"),
    "ac3": (),
    "eac3": (),
    "dts": ("-c:a", "dca", "-strict", -2),
}
"""How sound is written, by ending."""
