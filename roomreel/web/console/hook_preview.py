"""The preview of a hook: the room that was chosen for it, and the picture or what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup

from roomreel.compose.assets import look_at_assets
from roomreel.errors import RoomreelError
from roomreel.model.template import Template
from roomreel.service.hooks.preview import (
    MOST_CAMERAS,
    Moment,
    Preview,
    Sketch,
    draw_preview,
    make_up_room,
    sketch_room,
)
from roomreel.service.service import Service
from roomreel.text import shortened
from roomreel.web.console.hook_fields import HookFields
from roomreel.web.envelope import as_api_error
from roomreel.web.forms import Form

CHOSEN = "chosen"
"""The field that says that a form was sent: a box that is not ticked sends nothing."""

_USUAL = {"room": "", "cameras": "3", "screen": "on", "phone": "on"}
_LONGEST_PROBLEM = 1000


@dataclass(frozen=True, slots=True)
class Drawn:
    """A preview as a page shows it.

    Attributes:
        given: fields of the room, as they were typed.
        problems: what is wrong with the room, by field.
        preview: None where there is none, and `why` says why.
    """

    given: Mapping[str, str]
    problems: Mapping[str, str]
    preview: Preview | None = None
    why: str = ""

    @property
    def pictures(self) -> list[tuple[Moment, Markup]]:
        """The moments with their drawings, in which `documents/svg` has escaped everything."""
        moments = self.preview.moments if self.preview else ()
        return [(one, Markup(one.svg)) for one in moments]  # noqa: S704


def draw(service: Service, form: Form, fields: HookFields, path: str) -> Drawn:
    """Return the preview that a form asks for, of the template of its fields.

    Args:
        path: of the page, for the log.
    """
    given = {name: (form.one(name) or "").strip() for name in _USUAL}
    given = given if CHOSEN in form.names else dict(_USUAL)
    try:
        return _draw(service, given, fields.drawable)
    except RoomreelError as error:
        # Whatever is wrong with it takes the place of the picture, and nothing that was typed.
        shown = as_api_error(error, path)
        why = shown.message[:1].upper() + shown.message[1:]
        return Drawn(given, {}, why=shortened(why, _LONGEST_PROBLEM))


def _draw(service: Service, given: Mapping[str, str], template: Template | None) -> Drawn:
    if template is None:
        return Drawn(given, {}, why="It can be drawn once this is set right:")
    found = _room(service, given)
    if isinstance(found, Sketch):
        assets = look_at_assets(template, service.settings)
        return Drawn(given, {}, draw_preview(template, found, assets))
    return Drawn(given, found, why="There is no room to draw it on.")


def _room(service: Service, given: Mapping[str, str]) -> Sketch | dict[str, str]:
    """Return the room that is chosen, or what is wrong with the choice."""
    if given["room"]:
        return sketch_room(service, given["room"])
    cameras = given["cameras"] or "0"
    if not cameras.isascii() or not cameras.isdigit() or int(cameras[:4]) > MOST_CAMERAS:
        return {"cameras": f"a number from 0 to {MOST_CAMERAS}, not {shortened(cameras)}"}
    sketch = make_up_room(int(cameras), screen=bool(given["screen"]), phone=bool(given["phone"]))
    if not sketch.lengths:
        return {"cameras": "somebody has to be there: choose a camera, a screen or a phone"}
    return sketch
