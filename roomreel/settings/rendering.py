"""Settings about one composition: its sources, its encryption, its render."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, PrivateAttr, model_validator

from roomreel.model.key_source import KeySource
from roomreel.settings.kinds import (
    USUAL_ENCODERS,
    Encoders,
    EncryptionSetting,
    Inputs,
    KeyFile,
    Program,
    Quality,
    Spread,
    Unfit,
    Verification,
)
from roomreel.settings.places import Group, Places


class Encryption(Group):
    """The keys, and what is encrypted by them."""

    encryption: EncryptionSetting = Field(
        default="none",
        description="How compositions are stored, with their posters, contact sheets and plans.",
    )
    public_key: KeyFile | None = Field(
        default=None, description="File of the public key they are encrypted for; unset: none."
    )
    private_key: KeyFile | None = Field(
        default=None,
        description="File of the private keys that open encrypted recordings; unset: none. A "
        "passphrase is read from the environment variable `ROOMREEL_PRIVATE_KEY_PASSPHRASE` only.",
    )

    _told_source: KeySource | None = PrivateAttr(default=None)

    def encrypting_for(self, source: KeySource, encryption: EncryptionSetting) -> Self:
        """Return the settings, by which compositions are encrypted for the key of a source."""
        copied = self.model_copy(update={"encryption": encryption})
        copied._told_source = source  # noqa: SLF001  of its own class
        return copied

    @property
    def key_source(self) -> KeySource | None:
        """Source of the public key that compositions are encrypted for; None: there is none."""
        return self._told_source or self.public_key

    @model_validator(mode="after")
    def _encrypts_for_somebody(self) -> Self:
        if self.encryption != "none" and self.public_key is None:
            expected = f'the file of a public key, which encryption = "{self.encryption}" needs'
            raise Unfit(expected, "nothing", "public_key")
        return self


class Sources(Encryption, Places):
    """The recordings that are read, and how much of them."""

    inputs: Inputs = Field(
        default="cache",
        description="Media in S3 are copied into a cache in scratch, or read in place (`stream`).",
    )
    cache_bytes: Annotated[int, Field(ge=1)] = Field(
        default=50_000_000_000, description="Maximum bytes that the cache of sources keeps."
    )
    source_limit_bytes: Annotated[int, Field(ge=1)] = Field(
        default=40_000_000_000,
        description="Maximum bytes of recordings that one composition may have.",
    )
    hold_s: Annotated[int, Field(ge=1)] = Field(
        default=60, description="Longest time a picture is held while another comes later."
    )
    talk: bool = Field(
        default=False,
        description="Whether the sound of every room is listened to, and the catalogs say who "
        "talked when, and how loud: all of it is decoded once, and it is personal data. Rooms of "
        "more than `source_limit_bytes` are left out.",
    )
    memory_limit_bytes: Annotated[int, Field(ge=100_000_000)] = Field(
        default=2_000_000_000, description="Maximum resident memory of one render."
    )


class Spreading(Group):
    """The workers that render one long composition together."""

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

    @model_validator(mode="after")
    def _knows_its_cluster(self) -> Self:
        if self.spread == "dask" and self.dask_address is None:
            expected = 'the address of a scheduler, which spread = "dask" needs'
            raise Unfit(expected, "nothing", "dask_address")
        return self


class Rendering(Spreading, Sources):
    """The render of one composition."""

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
        description="How a file is checked before it is published. `sampled`: its key frames, and "
        "those at which overlays change, are compared with the sources, and all its sound is "
        "measured; `full`: every frame is decoded, and the sources once more.",
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
    timeout_factor: Annotated[float, Field(gt=0)] = Field(
        default=1.0,
        description="Multiplies the time that a render may take; time in which other programs "
        "have the processors does not count.",
    )
    ffmpeg: Program | None = Field(
        default=None, description="Program `ffmpeg`; unset: the one that imageio-ffmpeg brings."
    )
