"""The planner: room and template and packet timestamps in, one `Plan` out.

Pure: no file, clock, random number or decoded frame; times are integers and `Fraction`, never a
float. So a plan can be tested as a value, and printed before anything is rendered.

It is a pipeline of small steps, each of which returns new objects:

    select     which recordings the template names
    refuse     what cannot be composed
    rules      which recordings the room's rules leave in
    packets    when a medium is active, and its pauses
    usable     which recordings have something to show or to sound
    oddities   what is strange about one of those
    overlap    effective spans within a region, or within the sound
    grid       columns, rows and cells of a region
    assign     which cell shows what when
    stage      the last three, for one region
    timeline   what of the room clock is in the output
    scenes     whole frames in which nothing changes
    sound      clips, cut at the same exact instants
    chapters   who joins and leaves
    passthrough  whether the pictures of one recording can be copied
    copied_sound and its sound
    planner    the pipeline itself

Beside it stands `evidence`, the figures a catalog keeps of one recording.
"""

from roomreel.plan.evidence import Evidence, evidence
from roomreel.plan.planner import make_plan
from roomreel.plan.refuse import check
from roomreel.plan.select import selected

__all__ = ["Evidence", "check", "evidence", "make_plan", "selected"]
