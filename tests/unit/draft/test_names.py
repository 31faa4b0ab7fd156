import pytest

from roomreel.draft.names import OWN, PERSON_AND_TRACK, RECORDERS, parse_name

A, B = "4a3fd2dd-0b66-4f9c-91f6-0e9c8ed94b21", "9be3a1c5-7a52-43ad-8a2e-3a3f8a7e1d11"
SORA = "5DHPDKFRMX3NB8M8ZS3P6S6C2R"

WRITTEN = {
    "Daily": [
        (f"1689344055925-{A}-cam-audio-1689344056340", A, "microphone"),
        (f"1689344055925-{B}-cam-video-1689344056340", B, "camera"),
        (f"1689344055925-{B}-screen-video-1689344056340", B, "screen"),
        (f"1689344055925-{B}-screen-audio-1689344056340", B, "screen-audio"),
    ],
    "Amazon Chime": [
        (f"2026-11-20-09-31-12-123-{A}", A, ""),
        (f"2026-11-20-09-31-12-123-{B}#content", B, "screen"),
    ],
    "Janus": [
        ("videoroom-1234-user-5678-1500000000000000-audio", "5678", ""),
        ("videoroom-my-room-user-bob-smith-1500000000000000-video-1", "bob-smith", ""),
        ("audiobridge-1234-user-99-1500000000000000-audio", "99", ""),
    ],
    "LiveKit": [
        ("TR_AMabcDEF123-2026-11-20T093112", "TR_AMabcDEF123", "microphone"),
        ("TR_VCxyz", "TR_VCxyz", "camera"),
        ("TR_VSxyz-2026-11-20T093112-1", "TR_VSxyz", "screen"),
    ],
    "Jamulus": [
        ("alice-192_168_1_x-0-1", "alice-192_168_1_x", ""),
        ("____-192_168_1_y-19200-2_1", "____-192_168_1_y", ""),
    ],
    "Agora": [
        ("sid71_cname_a__uid_s_123__uid_e_video_20190920125142485", "123", ""),
        ("sid71_cnamea__uid_s_bob_1__uid_e_audio", "bob_1", ""),
    ],
    "Sora": [(f"archive-{SORA}", SORA, ""), (f"split-archive-{SORA}_0002", SORA, "")],
    "Zoom": [("audioAliceSmith11234567890", "AliceSmith", ""), ("audio李雷21234567", "李雷", "")],
    PERSON_AND_TRACK: [
        ("alice-camera", "alice", "camera"),
        ("alice_screen", "alice", "screen"),
        ("Bob Smith - screen 2", "Bob Smith", "screen 2"),
        ("bob-front-camera", "bob", "front-camera"),
        ("jean-luc-mic", "jean-luc", "mic"),
        ("alice-Screen-Share", "alice", "Screen-Share"),
        (f"{A}-audio", A, "audio"),
        ("a%b's [red]:\u202e😀_cam", "a%b's [red]:\u202e😀", "cam"),
    ],
    OWN: [
        (name, name, "")
        for name in (
            *("alice", "-odd", " -camera", "camera", "alice-1689344055925", "2026-11-20 09-31-12"),
            *(A, "recording-1689344055925", "audiobook1234567", "audio1234567890", "x-in", "_"),
            *(
                "standup-2026-11-20T093112",
                "alice-1080p",
                "RT" + "0123456789abcdef" * 2,
                "mic check",
                "daily-camcorder",
            ),
        )
    ],
}
"""By rule: what the name tells of who and what."""


@pytest.mark.parametrize(
    ("rule", "stem", "who", "track"),
    [(rule, *written) for rule, names in WRITTEN.items() for written in names],
)
def test_a_name_tells_who_and_what(rule: str, stem: str, who: str, track: str):
    told = parse_name(stem)
    assert (told.rule, told.who, told.track) == (rule, who, track)


def test_every_recorder_has_a_name_here():
    assert set(RECORDERS) <= set(WRITTEN)
