"""Templates ready for use, one file each: the layouts the hosted service documents, and five more.

Only `grid` is enabled; the others are used when they are named, or after a copy of them is enabled
in your own `templates` folder. They select by track name: `*screen` is a track called `screen` or
`teacher-screen`.

| file | picture |
| --- | --- |
| audio-only | none: every sound in one file |
| chess | a 3x3 table of which the corners and the middle are used |
| gallery | a tile for each participant, with name; initials while there is no camera |
| grid | everybody, as square as possible |
| interview | two halves with names, a title and a logo |
| main-column-pip | the screen, the students in a column, the cameras in a small picture |
| mosaic | a 3x3 table around the screen in its middle |
| participant | one participant: all tracks called `teacher-...` |
| picture-in-picture | the screen, the cameras in a small picture |
| presentation-auto | the tiles of gallery; the screen and a strip while one is shared |
| presenter | the screen, everybody else in a row below |
| row | everybody side by side |
| sequence | one camera at a time, the newest |
| single-recording | the screen alone, without sound |
| voice-only | a tile for each participant who is heard, for calls without cameras |
| webinar | the host or the screen, a strip of everybody, a title, a logo and a clock |
"""
