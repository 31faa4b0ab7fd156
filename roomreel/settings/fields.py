"""One frozen `Settings`: what can be set, its kinds and its defaults.

Precedence, highest first: environment (`ROOMREEL_<NAME>`), the file named by `--config` or
`ROOMREEL_CONFIG`, the defaults below. The descriptions are Markdown, and `docs/settings.md` is made
of them (`roomreel.settings.documentation`): "; unset: ..." is what holds where the default is None.
`roomreel doctor` prints the values, and where each came from.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from roomreel.model.location import Location
from roomreel.settings.kinds import (
    USUAL_ENCODERS,
    AnyLocation,
    Encoders,
    EncryptionSetting,
    Endpoint,
    FiguresFile,
    Inputs,
    KeyFile,
    LocalPath,
    LocationText,
    Program,
    Quality,
    Spread,
    Unfit,
    Verification,
)

LOCAL_STORE = Path("data/store")
LAYOUTS = str(files("roomreel.layouts"))
"""The templates that come with roomreel."""


class Settings(BaseModel):
    """Everything an operator can set.

    Read by `roomreel.settings.load`, every path is absolute: a relative one of a file starts at the
    folder of the file, any other at `folder`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    # Where things are: a path, or s3://bucket/prefix
    folder: LocalPath = Field(
        default_factory=Path.cwd,
        description="Where relative paths start that stand in no file; unset: the folder that the"
        " command was started in. Runs that Prefect starts have it as `ROOMREEL_FOLDER`.",
    )
    manifests: LocationText = Field(
        default="data/rooms",
        description="Folder of room manifests (searched for `**/*.json`), or a path or URL glob.",
    )
    templates: LocationText | None = Field(
        default=None,
        description="Folder of templates (`*.json`); unset: the layouts that come with roomreel.",
    )
    template_names: list[str] | None = Field(
        default=None,
        description="Friendly names of the templates that `nightly` uses; unset: all.",
    )
    media_roots: list[LocationText] = Field(
        default=["data/rooms"],
        description="Folders that media may lie in. A manifest cannot reach outside them.",
    )
    store: AnyLocation = Field(
        default=LOCAL_STORE, description="Where compositions, catalogs and journal live."
    )
    compositions: AnyLocation | None = Field(
        default=None, description="Finished files; unset: `<store>/compositions`."
    )
    catalog: AnyLocation | None = Field(
        default=None, description="The catalogs; unset: `<store>/catalog`."
    )
    journal: AnyLocation | None = Field(
        default=None, description="Rows on their way into the catalogs; unset: `<store>/journal`."
    )
    scratch: LocalPath | None = Field(
        default=None,
        description="Folder of this machine for half-done work and the cache of sources; unset: "
        "`<store>/scratch`, or `data/store/scratch` where the store is in S3.",
    )
    parts: LocalPath | None = Field(
        default=None,
        description="Finished parts of compositions that are not joined yet. Where machines share "
        "one room (`spread`), a folder that all of them mount; unset: `<scratch>/parts`.",
    )
    prefect_home: LocalPath | None = Field(
        default=None,
        description="Prefect's own files; `~/.prefect` is not touched; unset: `<store>/prefect`, "
        "or `data/store/prefect` where the store is in S3.",
    )

    # S3; no credential is a setting: they come by the usual AWS means, or from Prefect
    s3_endpoint: Endpoint | None = Field(
        default=None, description="URL of the S3 server; unset: `AWS_ENDPOINT_URL_S3`, or AWS."
    )
    s3_region: str | None = Field(default=None, description="Region; unset: `AWS_REGION`.")
    s3_profile: str | None = Field(
        default=None, description="Profile of the AWS configuration; unset: `AWS_PROFILE`."
    )
    s3_credentials: str | None = Field(
        default=None,
        description="Secret block of Prefect from which flow runs take credentials; unset: none.",
    )
    inputs: Inputs = Field(
        default="cache",
        description="Media in S3 are copied into a cache in scratch, or read in place (`stream`).",
    )
    cache_bytes: Annotated[int, Field(ge=1)] = Field(
        default=50_000_000_000, description="Maximum bytes that the cache of sources keeps."
    )
    log_file: LocalPath | None = Field(
        default=None,
        description="File of this machine that log lines are added to as JSON; unset: none. The"
        " page of a run shows them in any case.",
    )
    metrics_file: FiguresFile | None = Field(
        default=None,
        description="File of this machine (`.prom`) that figures for Prometheus are added to, in a "
        "folder that node_exporter's textfile collector reads; unset: none.",
    )

    # What is composed
    window_days: Annotated[int, Field(ge=1)] = Field(
        default=7, description="Rooms that ended in the last n days are considered."
    )
    source_limit_bytes: Annotated[int, Field(ge=1)] = Field(
        default=40_000_000_000,
        description="Maximum bytes of recordings that one composition may have.",
    )
    hold_s: Annotated[int, Field(ge=1)] = Field(
        default=60, description="Longest time a picture is held while another comes later."
    )
    max_attempts: Annotated[int, Field(ge=1)] = Field(
        default=3, description="Attempts, one a run, at a failure that the inputs do not decide."
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
    video_encoder: Encoders = Field(
        default=dict(USUAL_ENCODERS),
        description="FFmpeg's video encoder by format; one on a chip, too (`h264_nvenc`, "
        "`h264_qsv`), which `roomreel doctor` tries.",
    )
    encoder_options: dict[str, str] = Field(
        default={}, description="Options for the video encoder, on top of those of the quality."
    )
    verify: Verification = Field(
        default="sampled",
        description="How a file is checked before it is published. `sampled`: its key frames are "
        "compared with the sources, and all its sound is measured; `full`: every frame is decoded, "
        "and the sources once more.",
    )
    workers: Annotated[int, Field(ge=1)] = Field(
        default=1, description="Compositions rendered at the same time."
    )
    threads: Annotated[int, Field(ge=0)] = Field(
        default=0, description="Threads of one render for decoding and encoding; 0: one a core."
    )
    processes: Annotated[int, Field(ge=1)] = Field(
        default=1, description="Processes that render one long composition at the same time."
    )
    chunk_s: Annotated[int, Field(ge=0)] = Field(
        default=600,
        description="Seconds after which a composition is cut into chunks: a run that was killed "
        "loses less than one of them (with `compose --out`, where `scratch` or `parts` is set). 0: "
        "cut only for `processes`.",
    )
    spread: Spread = Field(
        default="none",
        description="Who else renders a long composition: no one, the workers of Prefect's pool "
        "(deployment `draw-chunks/draw-chunks`), or those of a Dask cluster.",
    )
    spread_shares: Annotated[int, Field(ge=2)] = Field(
        default=2, description="How many workers share a long composition."
    )
    spread_above_s: Annotated[int, Field(ge=0)] = Field(
        default=600,
        description="CPU seconds that a composition must be expected to take to be spread.",
    )
    dask_address: str | None = Field(
        default=None,
        description="Scheduler of the Dask cluster, such as `tcp://10.0.0.5:8786`; unset: none.",
    )
    memory_limit_bytes: Annotated[int, Field(ge=100_000_000)] = Field(
        default=2_000_000_000, description="Maximum resident memory of one render."
    )
    timeout_factor: Annotated[float, Field(gt=0)] = Field(
        default=1.0,
        description="Multiplies the time that a render may take; time in which other programs "
        "have the processors does not count.",
    )
    ffmpeg: Program | None = Field(
        default=None, description="Program `ffmpeg`; unset: the one that imageio-ffmpeg brings."
    )

    # Who renders it
    shards: str | None = Field(
        default=None,
        description="Deployment (`flow/name`) that `nightly` hands its work over to, such as "
        "`compose-shard/compose-shard`; unset: none, its own process does it.",
    )
    shard_s: Annotated[int, Field(ge=1)] = Field(
        default=600, description="Estimated CPU seconds of one shard."
    )

    # How they are queried
    sql_memory_bytes: Annotated[int, Field(ge=100_000_000)] = Field(
        default=2_000_000_000,
        description="Maximum memory of one query of `sql`, its result included.",
    )
    sql_timeout_s: Annotated[float, Field(gt=0)] = Field(
        default=600, description="Seconds after which a query of `sql` is ended."
    )

    # Encryption
    encryption: EncryptionSetting = Field(
        default="none", description="How compositions, posters and contact sheets are stored."
    )
    public_key: KeyFile | None = Field(
        default=None, description="File of the public key they are encrypted for; unset: none."
    )
    private_key: KeyFile | None = Field(
        default=None,
        description="File of the private keys that open encrypted recordings; unset: none. A "
        "passphrase is read from the environment variable `ROOMREEL_PRIVATE_KEY_PASSPHRASE` only.",
    )

    @model_validator(mode="after")
    def _encrypts_for_somebody(self) -> Self:
        if self.encryption != "none" and self.public_key is None:
            expected = f'the file of a public key, which encryption = "{self.encryption}" needs'
            raise Unfit(expected, "nothing", "public_key")
        return self

    @model_validator(mode="after")
    def _knows_its_cluster(self) -> Self:
        if self.spread == "dask" and self.dask_address is None:
            expected = 'the address of a scheduler, which spread = "dask" needs'
            raise Unfit(expected, "nothing", "dask_address")
        return self

    @property
    def templates_root(self) -> str:
        """Where templates are: those that come with roomreel, unless set."""
        return self.templates or LAYOUTS

    @property
    def catalog_root(self) -> Location:
        """What analysts are pointed at: <store>/catalog."""
        return self.catalog or self.store / "catalog"

    @property
    def journal_root(self) -> Location:
        """Committed but not yet merged: <store>/journal."""
        return self.journal or self.store / "journal"

    @property
    def compositions_root(self) -> Location:
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
    def in_force(self) -> dict[str, Any]:
        """The value of each setting, as in JSON; what follows from another one is filled in."""
        values = self.model_dump(mode="json")
        return {
            name: value
            if value is not None
            else _text(getattr(self, f"{name.removesuffix('_home')}_root", None))
            for name, value in values.items()
        }

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
        return self.store if isinstance(self.store, Path) else self.folder / LOCAL_STORE


def _text(place: Location | str | None) -> str | None:
    return None if place is None else str(place)
