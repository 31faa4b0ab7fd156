"""Variables of the environment that are named like settings."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from roomreel.errors import SettingsInvalid
from roomreel.settings.fields import PREFIX, Settings

_OTHERS = frozenset({"ROOMREEL_CONFIG", "ROOMREEL_PRIVATE_KEY_PASSPHRASE", "ROOMREEL_WEBHOOK"})
"""Read by verbs, and no settings."""


def unknown(environ: Mapping[str, str]) -> list[str]:
    """Return the variables that are named like settings, and that nothing reads."""
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | _OTHERS
    named = (name for name in environ if name.upper().startswith(PREFIX))
    return sorted(name for name in named if name.upper() not in known)


def refuse_mistyped(environ: Mapping[str, str]) -> None:
    """Refuse a variable that nearly has the name of a setting, which it was meant to be.

    Others may be there for other reasons: a cluster sets some for its services.

    Raises:
        SettingsInvalid: there is one.
    """
    names = [name.upper() for name in Settings.model_fields]
    for variable in unknown(environ):
        word = variable.upper().removeprefix(PREFIX)
        close = difflib.get_close_matches(word, names, n=1, cutoff=0.8)
        if close:
            raise SettingsInvalid(
                f"the variable {variable} is no setting", f"did you mean {PREFIX}{close[0]}?"
            )
