"""One frozen `Settings`, read from a TOML file and the environment.

Precedence, highest first: environment (`ROOMREEL_<NAME>`), the file named by `--config` or
`ROOMREEL_CONFIG`, the defaults below. This module is the one place where settings are documented;
`roomreel doctor` prints their values.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    ValidationError,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from roomreel.errors import SettingsInvalid, StorageFailed
from roomreel.model.place import Place, is_url, place_of, without_secrets

Quality = Literal["draft", "standard", "high"]
Verification = Literal["sampled", "full"]
EncryptionSetting = Literal["none", "age", "rsa-envelope"]
Inputs = Literal["cache", "stream"]
Spread = Literal["none", "pool", "dask"]


def _no_key_itself(value: object) -> object:
    """Settings are shown and logged, so a private key may never be one."""
    if "PRIVATE KEY" in str(value) or "AGE-SECRET-KEY" in str(value).upper():
        raise ValueError("name the file that holds the key; the key itself must not stand here")
    return value


def _place(value: object) -> Place:
    """A path, a file:// or an s3:// URL; one with a user or a query is refused, not repeated."""
    try:
        return place_of(str(value)) if not isinstance(value, Place) else value
    except StorageFailed as error:
        raise ValueError(f"{error.message}, {error.remedy}") from error


def _checked(location: str) -> str:
    _place(location)
    if is_url(location) and without_secrets(location) != location:
        raise ValueError("a URL without user, query and fragment")
    return location


def _endpoint(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
        raise ValueError("an http(s) URL without user, such as https://s3.example.org")
    return url


KeyFile = Annotated[Path, BeforeValidator(_no_key_itself)]
AnyPlace = Annotated[Place, BeforeValidator(_place), PlainSerializer(str)]
Location = Annotated[str, AfterValidator(_checked)]
LOCAL_STORE = Path("data/store")


class Settings(BaseSettings):
    """Everything an operator can set. Relative paths start at the folder roomreel runs in."""

    model_config = SettingsConfigDict(
        env_prefix="ROOMREEL_", frozen=True, extra="forbid", env_ignore_empty=True
    )

    # Where things are: a path, or s3://bucket/prefix
    manifests: Location = Field(
        default="data/rooms",
        description="Folder of room manifests (searched for **/*.json), or a path or URL glob.",
    )
    templates: Location = Field(default="layouts", description="Folder of templates (*.json).")
    template_names: list[str] | None = Field(
        default=None, description="Friendly names of the templates the night uses; unset: all."
    )
    media_roots: list[Location] = Field(
        default=["data/rooms"],
        description="Folders media may lie in. A manifest cannot reach outside them.",
    )
    store: AnyPlace = Field(
        default=LOCAL_STORE, description="Where compositions, catalogs and journal live."
    )
    compositions: AnyPlace | None = Field(
        default=None, description="Finished files; unset: <store>/compositions."
    )
    catalog: AnyPlace | None = Field(
        default=None, description="What analysts are pointed at; unset: <store>/catalog."
    )
    journal: AnyPlace | None = Field(
        default=None, description="Rows on their way into the catalogs; unset: <store>/journal."
    )
    scratch: Path | None = Field(
        default=None,
        description="Folder of this machine for half-done work and the cache of sources; unset: "
        "<store>/scratch, or data/store/scratch where the store is in S3.",
    )
    parts: Path | None = Field(
        default=None,
        description="Finished parts of compositions that are not joined yet. Where machines share "
        "one room (spread), a folder that all of them mount; unset: <scratch>/parts.",
    )
    prefect_home: Path | None = Field(
        default=None,
        description="Prefect's own home, so that ~/.prefect is left alone; unset: <store>/prefect, "
        "or data/store/prefect where the store is in S3.",
    )

    # S3; no credential is a setting: they come by the usual AWS means, or from Prefect
    s3_endpoint: Annotated[str, AfterValidator(_endpoint)] | None = Field(
        default=None, description="URL of the S3 server; unset: AWS_ENDPOINT_URL_S3, or AWS."
    )
    s3_region: str | None = Field(default=None, description="Region; unset: AWS_REGION.")
    s3_profile: str | None = Field(
        default=None, description="Profile of the AWS configuration; unset: AWS_PROFILE."
    )
    s3_credentials: str | None = Field(
        default=None,
        description="Secret block of Prefect from which flow runs take credentials; unset: none.",
    )
    inputs: Inputs = Field(
        default="cache",
        description="Media in S3 are copied into a cache in scratch, or read in place (stream).",
    )
    cache_bytes: Annotated[int, Field(ge=1)] = Field(
        default=50_000_000_000, description="Most bytes the cache of sources keeps."
    )
    log_file: Path | None = Field(
        default=None,
        description="File of this machine that log lines are added to as JSON; unset: none. The"
        " page of a run shows them in any case.",
    )
    metrics_file: Path | None = Field(
        default=None,
        description="File of this machine that figures for Prometheus are added to, in a folder"
        " that node_exporter's textfile collector reads, such as roomreel.prom; unset: none.",
    )

    # What is composed
    window_days: Annotated[int, Field(ge=1)] = Field(
        default=7, description="The night considers rooms that ended in the last so many days."
    )
    source_limit_bytes: Annotated[int, Field(ge=1)] = Field(
        default=40_000_000_000, description="Most bytes of sources a composition may have."
    )
    hold_s: Annotated[int, Field(ge=1)] = Field(
        default=60, description="Longest time a picture is held while another comes later."
    )
    max_attempts: Annotated[int, Field(ge=1)] = Field(
        default=3, description="Attempts over the nights at a failure inputs do not decide."
    )

    # How long things are kept
    retention_days: Annotated[int, Field(ge=0)] = Field(
        default=30, description="Days for which the row of what was deleted is kept."
    )
    delete_after_days: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="Days after which a composition is deleted; unset: never."
    )

    # How it is rendered
    quality: Quality = Field(default="standard", description="Encoder effort.")
    video_encoder: dict[str, str] = Field(
        default={"mp4": "libx264", "webm": "libvpx"},
        description="FFmpeg video encoder by format.",
    )
    encoder_options: dict[str, str] = Field(
        default={}, description="Options for the video encoder, on top of those of the quality."
    )
    verify: Verification = Field(
        default="sampled",
        description="How finished files are checked: key frames and all sound, or every frame,"
        " and the sources once more.",
    )
    workers: Annotated[int, Field(ge=1)] = Field(
        default=1, description="Compositions rendered at the same time."
    )
    threads: Annotated[int, Field(ge=0)] = Field(
        default=0, description="Threads of one render for decoding and encoding; 0: one a core."
    )
    processes: Annotated[int, Field(ge=1)] = Field(
        default=1, description="Processes that draw one long composition at the same time."
    )
    chunk_s: Annotated[int, Field(ge=0)] = Field(
        default=600,
        description="Seconds after which a composition is cut: a run that was killed loses less "
        "than one such chunk of it. 0: cut only for `processes`.",
    )
    spread: Spread = Field(
        default="none",
        description="Who else draws a long composition: nobody, the workers of Prefect's pool"
        " (deployment draw-chunks/draw-chunks), or those of a Dask cluster.",
    )
    spread_shares: Annotated[int, Field(ge=2)] = Field(
        default=2, description="How many workers share a long composition."
    )
    spread_above_s: Annotated[int, Field(ge=0)] = Field(
        default=600,
        description="CPU seconds a composition must be expected to take, or it is not spread.",
    )
    dask_address: str | None = Field(
        default=None, description="The scheduler of the Dask cluster, such as tcp://10.0.0.5:8786."
    )
    memory_limit_bytes: Annotated[int, Field(ge=100_000_000)] = Field(
        default=2_000_000_000, description="Most resident memory of one render."
    )
    timeout_factor: Annotated[float, Field(gt=0)] = Field(
        default=1.0, description="Multiplies the time budget that a plan gives its render."
    )
    ffmpeg: str | None = Field(
        default=None, description="ffmpeg binary; unset: the one imageio-ffmpeg ships."
    )

    # Who renders it
    shards: str | None = Field(
        default=None,
        description="Deployment (flow/name) that the night hands its work over to, such as "
        "compose-shard/compose-shard; unset: it is done by the night's own process.",
    )
    shard_s: Annotated[int, Field(ge=1)] = Field(
        default=600, description="Estimated CPU seconds of one shard."
    )

    # How they are queried
    sql_memory_bytes: Annotated[int, Field(ge=100_000_000)] = Field(
        default=2_000_000_000, description="Most memory of one query of `sql`, with its result."
    )
    sql_timeout_s: Annotated[float, Field(gt=0)] = Field(
        default=600, description="Seconds after which a query of `sql` is ended."
    )

    # Encryption
    encryption: EncryptionSetting = Field(
        default="none", description="How compositions, posters and contact sheets are stored."
    )
    public_key: KeyFile | None = Field(
        default=None, description="File of the public key they are encrypted for."
    )
    private_key: KeyFile | None = Field(
        default=None,
        description="File of the private keys that open encrypted recordings; a passphrase is "
        "taken from the environment variable ROOMREEL_PRIVATE_KEY_PASSPHRASE alone.",
    )

    @model_validator(mode="after")
    def _encrypts_for_somebody(self) -> Self:
        if self.encryption != "none" and self.public_key is None:
            raise ValueError(f"encryption = {self.encryption!r} needs a public_key")
        return self

    @model_validator(mode="after")
    def _knows_its_cluster(self) -> Self:
        if self.spread == "dask" and self.dask_address is None:
            raise ValueError("spread = 'dask' needs a dask_address")
        return self

    @classmethod
    def settings_customise_sources(  # pydantic-settings names and passes the arguments
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment beats the file (which arrives as init arguments)."""
        return env_settings, init_settings

    @property
    def catalog_root(self) -> Place:
        """What analysts are pointed at: <store>/catalog."""
        return self.catalog or self.store / "catalog"

    @property
    def journal_root(self) -> Place:
        """Committed but not yet merged: <store>/journal."""
        return self.journal or self.store / "journal"

    @property
    def compositions_root(self) -> Place:
        """Finished files: <store>/compositions."""
        return self.compositions or self.store / "compositions"

    @property
    def indexes_root(self) -> Path:
        """Packet indexes of recordings; may be removed at any time."""
        return self._local_store / "indexes"

    @property
    def scratch_root(self) -> Path:
        """Half-done work; same file system as the store unless set otherwise."""
        return self.scratch or self._local_store / "scratch"

    @property
    def parts_root(self) -> Path:
        """Finished parts of compositions that are not joined yet."""
        return self.parts or self.scratch_root / "parts"

    @property
    def prefect_root(self) -> Path:
        """Prefect's home."""
        return self.prefect_home or self._local_store / "prefect"

    @property
    def s3_environment(self) -> dict[str, str]:
        """The variables by which every S3 client, in child processes too, finds the store."""
        wanted = {
            "AWS_ENDPOINT_URL_S3": self.s3_endpoint,
            "AWS_REGION": self.s3_region,
            "AWS_DEFAULT_REGION": self.s3_region,
            "AWS_PROFILE": self.s3_profile,
        }
        return {name: value for name, value in wanted.items() if value is not None}

    @property
    def _local_store(self) -> Path:
        return self.store if isinstance(self.store, Path) else LOCAL_STORE


def load(path: Path | str | None = None) -> Settings:
    """Read the settings; those about S3 are put into the environment, where its clients look.

    Args:
        path: TOML file; unset: `ROOMREEL_CONFIG`, else configs/local.toml if there, else defaults.

    Raises:
        SettingsInvalid: the file cannot be read, or a value is out of range; names every one.
    """
    chosen = path or os.environ.get("ROOMREEL_CONFIG")
    if chosen is None and Path("configs/local.toml").is_file():
        chosen = Path("configs/local.toml")
    values: dict[str, Any] = {}
    if chosen is not None:
        try:
            values = tomllib.loads(Path(chosen).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise SettingsInvalid(f"cannot read {chosen}: {error}") from error
    try:
        settings = Settings(**values)
    except ValidationError as error:
        lines = [
            f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}"
            for item in error.errors()
        ]
        raise SettingsInvalid(
            "; ".join(lines), f"mend {chosen or 'the ROOMREEL_ environment variables'}"
        ) from error
    os.environ.update(settings.s3_environment)
    return settings
