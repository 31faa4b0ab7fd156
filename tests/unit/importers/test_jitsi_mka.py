"""Matroska files of Jitsi's multitrack recorder: which voice is in which track."""

from __future__ import annotations

import io
from fractions import Fraction

import av
import pytest
from deliveries import MemoryListing
from exporter import SILENCE, Exporter
from hypothesis import given
from hypothesis import strategies as st

from roomreel.errors import DeliveryInvalid
from roomreel.importers.claims import Anchor
from roomreel.importers.port import Options
from roomreel.importers.vendors.jitsi import Jitsi
from roomreel.importers.vendors.mka_header import tracks_of


def recording(*tracks: tuple[str, str | None]) -> bytes:
    """A file of these tracks: the name of each, and its endpoint."""
    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as container:
        streams = [container.add_stream("libopus", rate=48_000) for _ in tracks]
        for stream, (name, endpoint) in zip(streams, tracks, strict=True):
            stream.metadata["title"] = name
            if endpoint is not None:
                stream.metadata["endpoint_id"] = endpoint
        for number, stream in enumerate(streams):
            frame = av.AudioFrame(format="s16", layout="stereo", samples=960)
            frame.rate, frame.time_base = 48_000, Fraction(1, 48_000)
            frame.pts = 960 * number
            frame.planes[0].update(bytes(960 * 4))
            container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    return file.getvalue()


FILE = recording(("aa-1", "ana"), ("bb-a0", None), ("aa-1", "ana"))


def test_each_voice_has_its_track_and_one_that_began_again_has_two() -> None:
    (draft,) = Jitsi().read(MemoryListing({"standup/recording.mka": FILE}), Options())
    assert draft.name == "standup"
    assert [one.identity for one in draft.participants] == ["ana", "bb"]
    found = {
        (track.participant, track.key): [piece.track_index for piece in track.pieces]
        for track in draft.tracks
    }
    assert found == {("ana", "aa-1"): [0, 2], ("bb", "bb-a0"): [1]}
    for track in draft.tracks:
        for piece in track.pieces:
            assert piece.clock is not None
            assert (piece.clock.start.value, piece.clock.anchor) == (0, Anchor.ZERO)


def test_packets_are_preferred_to_the_file_beside_them() -> None:
    wrote = Exporter()
    wrote.start("aa-1")
    wrote.run("aa-1", 480, [SILENCE] * 3)
    files = {"m/recording.json": wrote.data, "m/recording.mka": FILE, "n/recording.mka": FILE}
    first, second = Jitsi().read(MemoryListing(files), Options())
    assert (first.documents, second.documents) == (("m/recording.json",), ())
    assert {piece.file for track in second.tracks for piece in track.pieces} == {"n/recording.mka"}


def test_other_matroska_files_are_none_of_jitsis() -> None:
    assert Jitsi().detect(MemoryListing({"recording.mka": FILE})).score == 80
    assert Jitsi().detect(MemoryListing({"call.mka": FILE})).score == 0
    with pytest.raises(DeliveryInvalid, match=r"recording\.mka"):
        list(Jitsi().read(MemoryListing({"recording.mka": b"RIFF"}), Options()))


@given(st.integers(0, len(FILE)), st.binary(max_size=12), st.integers(0, len(FILE)))
def test_no_damaged_header_makes_it_fail(at: int, odd: bytes, end: int) -> None:
    damaged = FILE[:at] + odd + FILE[at + len(odd) :]
    for data in (damaged, damaged[:end]):
        assert len(tracks_of(data)) <= len(data)
        assert 0 <= Jitsi().detect(MemoryListing({"recording.mka": data})).score <= 80
