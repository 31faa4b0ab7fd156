"""The settings that a function of the API goes by."""

from __future__ import annotations

from roomreel.settings import Settings, apply_environment, load


def configured(settings: Settings | None) -> Settings:
    """Return the settings that are given, else those that the command line would read.

    S3 clients of this process then go by those that are set about S3.

    Raises:
        SettingsInvalid: what is read is wrong; has every violation.
    """
    return apply_environment(load() if settings is None else settings)
