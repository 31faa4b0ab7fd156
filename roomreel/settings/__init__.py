"""What an operator can set, read from a TOML file and the environment; every path is absolute."""

from roomreel.settings.fields import Settings
from roomreel.settings.kinds import EncryptionSetting, Inputs, Quality, Spread, Verification
from roomreel.settings.reading import Reading, load, read

__all__ = [
    "EncryptionSetting",
    "Inputs",
    "Quality",
    "Reading",
    "Settings",
    "Spread",
    "Verification",
    "load",
    "read",
]
