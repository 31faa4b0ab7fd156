from fractions import Fraction

from roomreel.model.selection import Selection
from roomreel.plan.sound import clips, heard_sources
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
    first, second = clips(sources, kept, {"A1": Fraction(0), "A2": Fraction(-6)})
    assert (first.recording_sid, first.span) == ("A1", make.span(50, 300))
    assert first.media_start == Fraction(100, 1000)
    assert (second.recording_sid, second.span) == ("A2", make.span(300, 400))
    assert second.media_start == Fraction(700, 1000)
    assert (first.gain_db, second.gain_db) == (0, -6)
