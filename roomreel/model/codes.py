"""The meaning of each code of a warning, and what to do about it, as the docs show them."""

# ruff: noqa: E501  a code a line

from __future__ import annotations

from collections.abc import Mapping

from roomreel.model.plan import WarningCode as Code

NOTHING = "nothing"

WARNINGS: Mapping[Code, tuple[str, str]] = {
    Code.MEDIA_MISSING: (
        "there is no such file, or it is outside the media roots",
        "restore the file, or correct `media` or `media_roots`",
    ),
    Code.MEDIA_EMPTY: (
        "the file has no byte, or no packet of the recording's type",
        "restore the file, or correct `type`",
    ),
    Code.MEDIA_TRUNCATED: ("the file ends in the middle of something", "copy the file again"),
    Code.MEDIA_UNDECODABLE: (
        "it could not be decrypted or decoded, as a whole or in parts",
        "copy the file again; check the private key",
    ),
    Code.RECORDING_FAILED: ("its manifest says so; it is not used", NOTHING),
    Code.RECORDING_DELETED: ("its manifest says so; it is not used", NOTHING),
    Code.RULES_EXCLUDED: (
        "the recording rules of the room exclude it",
        "change the rules, if it is wanted",
    ),
    Code.RECORDING_SHORT: (
        "it lasts two seconds or less",
        "`min_recording_ms` of a region hides it",
    ),
    Code.CLAIM_DIFFERS: (
        "size, length, codec or digest is not what the manifest says",
        "find out which is right: the file may be another one",
    ),
    Code.LATE_KEYFRAME: (
        "pictures before the first key frame cannot be shown",
        "ask for a key frame when the recording starts",
    ),
    Code.SIZE_CHANGED: ("the picture changes its size", NOTHING),
    Code.TIMESTAMP_GAP: (
        "a pause longer than a picture is held, or packets far from all others",
        "check the sender's network, or `hold_s`",
    ),
    Code.TIMESTAMP_BACKWARDS: (
        "packets are stored in another order than they say",
        "report it to the maker of the recorder",
    ),
    Code.CLOCK_DRIFT: ("its timestamps run faster or slower than its sound; corrected", NOTHING),
    Code.DUPLICATE_OVERLAP: (
        "two recordings of one track overlap: the later one starts later",
        "remove one of them from the manifest",
    ),
    Code.TRACKS_PASSED_OVER: (
        "its file has tracks that no recording names",
        "add recordings with `track_index`",
    ),
    Code.SOURCES_NOT_SHOWN: ("a region had no cell for them", "give the region more cells"),
    Code.UNKNOWN_SOURCE: (
        "the template names a sid or a track that the room does not have",
        "compare it with the track names of the room",
    ),
    Code.CLOCK_UNKNOWN: (
        "the manifest does not say when its clock began, which a wall clock in the picture asks for",
        "set `clock_zero` of the room",
    ),
    Code.GLYPH_MISSING: (
        "a text in the picture has characters that no font has: boxes stand in their place",
        "install roomreel[cjk] for Chinese, Japanese and Korean, or name a folder of fonts in `fonts`",
    ),
    Code.AVATAR_MISSING: (
        "the avatar of a participant is not there, is outside the media roots, or cannot be drawn: the image of the template or initials stand in its place",
        "put a PNG, JPEG or WebP there, or correct `avatar`",
    ),
    Code.TEXT_INVALID: (
        "a file of events cannot be read as such, has lines that are no events, which are skipped, or a call has more marks than begin chapters",
        "correct the lines that are named",
    ),
    Code.LAYOUT_NEVER_ON: (
        "a layout of the template is on at no time: no rule for it holds, or for too short a time",
        "correct `layout_rules` or `layout_timing`, if it was to be on in this room",
    ),
    Code.SPEAKER_UNKNOWN: (
        "the picture was to follow who talks, and nobody does: whoever came first is shown",
        "see that `sources` of `speaker` names the microphones; `sensitivity` high hears faint voices",
    ),
    Code.STALE_INPUTS: (
        "the recordings, or images in it, changed since it was made; in reports of nightly runs only",
        "`nightly --force` makes it again",
    ),
    Code.REMAKE_FAILED: (
        "made again, it failed: the code of the failure, a colon, and its words. The row, but for `attempts`, `flow_run_id` and `updated_at`, and the file are of what was made before",
        "look up the code of the failure",
    ),
    Code.CALLBACK_NOT_SENT: (
        "the template has a `status_callback`, and there is no service database to send from",
        "start `roomreel serve` once, or set `service_database`; `compose` sends nothing for the files that it makes",
    ),
}
"""By code: what it says, and what to do about it."""
