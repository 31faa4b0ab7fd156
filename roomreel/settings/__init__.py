"""Settings of an operator, from a TOML file and the environment; every path is absolute."""

from roomreel.settings.fields import Settings
from roomreel.settings.kinds import EncryptionSetting, Inputs, Quality, Spread, Verification
from roomreel.settings.reading import Reading, apply_environment, load, read

__all__ = [
    "EncryptionSetting",
    "Inputs",
    "Quality",
    "Reading",
    "Settings",
    "Spread",
    "Verification",
    "apply_environment",
    "load",
    "read",
]
