from fractions import Fraction

from roomreel.model.mixing import AS_RECORDED, Gain, Mixing
from roomreel.model.room import Participant
from roomreel.model.selection import OfIdentity, OfRole, Selection
from roomreel.plan.sound import clips, gain_of, heard_sources
from roomreel.plan.timeline import kept_segments


def test_heard_are_the_selected_sounds_one_at_a_time_on_a_track(make):
    usable = {
        "A1": make.usable("A1", 0, 50, "audio", source_sid="MT"),
        "A2": make.usable("A2", 40, 90, "audio", source_sid="MT"),
        "A3": make.usable("A3", 10, 20, "audio"),
        "V1": make.usable("V1", 0, 90),
    }
    sources, warnings = heard_sources(Selection(("*",), ("A3",)), usable, {})
    assert [(s.sid, s.span.start * 1000) for s in sources] == [("A1", 0), ("A2", 50)]
    assert [(w.code.value, w.recording_sid) for w in warnings] == [("duplicate-overlap", "A2")]


def test_clips_lie_in_the_output_and_know_their_medium(make):
    sources = [
        make.usable("A2", 600, 700, "audio", offset_ms=-100),
        make.usable("A1", 150, 400, "audio", offset_ms=50),
    ]
    kept = kept_segments([make.span(0, 900)], [make.span(100, 400), make.span(600, 700)], trim=True)
    first, second = clips(sources, kept, AS_RECORDED, {})
    assert (first.recording_sid, first.span) == ("A1", make.span(50, 300))
    assert first.media_start == Fraction(100, 1000)
    assert (second.recording_sid, second.span) == ("A2", make.span(300, 400))
    assert second.media_start == Fraction(700, 1000)


def test_of_gains_that_name_a_recording_the_first_counts(make):
    mixing = Mixing(
        (
            Gain((OfRole("host"),), Fraction(-3)),
            Gain(("music*", OfIdentity("guest-?")), Fraction(-25, 2)),
            Gain(("*",), Fraction(6)),
        )
    )
    people = {
        "PA1": Participant("PA1", "ann", roles=("host",)),
        "PA2": Participant("PA2", "guest-7"),
    }

    def gain(name, participant_sid, among=mixing):
        recording = make.recording("RT1", "audio", track_name=name, participant_sid=participant_sid)
        return gain_of(among, recording, people)

    assert gain("music-1", "PA1") == -3
    assert gain("music-1", "PA3") == Fraction(-25, 2)
    assert gain("mic", "PA2") == Fraction(-25, 2)
    assert gain("mic", "PA3") == 6
    assert gain("mic", "PA2", Mixing(mixing.gains[:1])) == 0


def test_every_clip_of_a_recording_has_its_gain(make):
    sources = [make.usable("A1", 0, 900, "audio"), make.usable("A2", 0, 900, "audio")]
    kept = kept_segments([make.span(0, 900)], [make.span(0, 300), make.span(600, 900)], trim=True)
    found = clips(sources, kept, Mixing((Gain(("A2",), Fraction(-6)),)), {})
    assert sorted((clip.recording_sid, clip.gain_db) for clip in found) == [
        *(("A1", 0) for _ in kept),
        *(("A2", -6) for _ in kept),
    ]
