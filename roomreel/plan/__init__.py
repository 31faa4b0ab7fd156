"""The planner: room and template and packet timestamps in, one `Plan` out.

Pure: no file, clock, random number or decoded frame; times are integers and `Fraction`, never a
float. So a plan can be tested as a value, and printed before anything is rendered.

It is a pipeline of small steps, each of which returns new objects:

    select     the recordings the template names
    refuse     rooms that cannot be composed
    rules      the recordings the room's rules leave in
    packets    the activity of a media file, and its pauses
    usable     the recordings that can be shown or heard
    anomalies  warnings about one of those
    overlap    effective spans within a region, or within the sound
    grid       columns, rows and cells of a region
    assign     the source of each cell at each time
    units      what takes a cell: a recording, or a participant
    region_layout  the last four, for one region
    timeline   the segments of the room clock in the output
    scenes     whole frames in which nothing changes
    sound      clips, cut at the same exact instants
    chapters   participants who join and leave
    window     the part of it all that is wanted
    seen       when each recording is seen and heard
    placing    rectangles of overlays, whatever the fonts
    overlays   what is drawn over and under pictures
    passthrough  the decision to copy the pictures of one recording
    copied_sound and its sound
    planner    the pipeline itself

Beside it stands `probe_result`, the figures a catalog keeps of one recording.
"""

from roomreel.plan.planner import make_plan
from roomreel.plan.probe_results import ProbeResult, probe_result
from roomreel.plan.refuse import check
from roomreel.plan.select import people_with_avatars, selected_recordings

__all__ = [
    "ProbeResult",
    "check",
    "make_plan",
    "people_with_avatars",
    "probe_result",
    "selected_recordings",
]
