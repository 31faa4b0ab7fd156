"""`roomreel doctor`: checks of everything roomreel needs."""

from __future__ import annotations

import os
import platform
import re
import shutil
import stat
import sys
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from http.client import HTTPException
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from roomreel import __version__
from roomreel.cli import console
from roomreel.cli.options import Config, Json
from roomreel.errors import ImporterBroken, RenderError, RoomreelError, SettingsInvalid

if TYPE_CHECKING:
    from roomreel.settings import Reading, Settings

# What call recorders write.
DECODERS = ("vp8", "vp9", "h264", "opus", "aac", "pcm_mulaw", "pcm_alaw")
# Beside the video encoders, which are a setting.
ENCODERS = ("aac", "libopus")
SCARCE_BYTES = 5_000_000_000
"""Room for a run of about a hundred half-hour calls at the default quality."""
ANSWER_TIMEOUT_S = 3
OPENING_TIMEOUT_S = 60
"""Opening an encoder takes less than a second, a device that has to be woken a few."""

# Name and password in a URL are not for a screen.
_USER = re.compile(r"//[^/]*@")


class State(StrEnum):
    """The result of a check."""

    OK = "ok"
    WARNING = "warning"
    MISSING = "missing"


STYLES = {State.OK: "green", State.WARNING: "yellow", State.MISSING: "bold red"}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at; `remedy` is "" where nothing is to be done."""

    name: str
    state: State
    detail: str
    remedy: str = ""


def doctor(config: Config = None, as_json: Json = False) -> None:
    """Check versions, codecs, folders, disk space, importers and the Prefect server."""
    from roomreel.cli.configuration import read

    reading = read(config)
    checks = [check for look in LOOKS for check in look(reading.settings)]
    checks += idle(reading)
    print_checks(checks, reading, as_json=as_json)
    if any(check.state is State.MISSING for check in checks):
        raise typer.Exit(1)


def versions(_settings: Settings) -> Iterator[Check]:
    """Check what is installed."""
    yield Check("roomreel", State.OK, __version__)
    wanted = sys.version_info >= (3, 11)
    state = State.OK if wanted else State.MISSING
    yield Check("Python", state, platform.python_version(), "" if wanted else "3.11 or newer")
    for package in ("prefect", "av", "pyarrow", "duckdb"):
        yield Check(package, State.OK, metadata.version(package))


def ffmpeg(settings: Settings) -> Iterator[Check]:
    """Yield the libraries that render, and the program beside them."""
    from roomreel.media.inventory import binary_version, library_versions

    libraries = ", ".join(f"{name} {version}" for name, version in library_versions().items())
    yield Check("FFmpeg libraries", State.OK, libraries)
    try:
        yield Check("ffmpeg program", State.OK, binary_version(settings.ffmpeg))
    except RoomreelError as error:
        remedy = "set ffmpeg to a program that runs"
        yield Check("ffmpeg program", State.MISSING, error.message, remedy)


def codecs(_settings: Settings) -> Iterator[Check]:
    """Check that all codecs can be decoded, and sound be encoded."""
    from roomreel.media.inventory import missing_codecs

    for title, names, lacking in (
        ("decoders", DECODERS, missing_codecs(DECODERS, "r")),
        ("encoders of sound", ENCODERS, missing_codecs(ENCODERS, "w")),
    ):
        if lacking:
            remedy = "install a PyAV that has them"
            yield Check(title, State.MISSING, f"no {', '.join(lacking)}", remedy)
        else:
            yield Check(title, State.OK, ", ".join(names))


def video_encoders(settings: Settings) -> Iterator[Check]:
    """Check that the video encoders of the settings can be opened on this machine."""
    from roomreel.media.encoder_check import EncoderCheck, check_encoder
    from roomreel.media.encoder_options import VideoSettings
    from roomreel.model.template import Format
    from roomreel.process import isolate

    budget = isolate.Budget(OPENING_TIMEOUT_S, settings.memory_limit_bytes)
    for output in Format:
        name = settings.video_encoder.get(output, "")
        video = VideoSettings(name, settings.quality, settings.encoder_options, settings.threads)
        try:
            # In a process of its own: a driver may crash or hang.
            isolate.run(check_encoder, EncoderCheck(video, output), budget)
        except RenderError as error:
            yield Check(f"encoder for {output}", State.MISSING, error.message, error.remedy)
        else:
            yield Check(f"encoder for {output}", State.OK, name)


def drawing(settings: Settings) -> Iterator[Check]:
    """Check what texts and images are drawn with."""
    from roomreel.media import vips
    from roomreel.media.fonts import families

    yield Check("libvips", State.OK, vips.version())
    for folder in settings.fonts:
        if not folder.is_dir():
            remedy = "make the folder, or set fonts"
            yield Check("fonts", State.MISSING, f"there is no folder {folder}", remedy)
    try:
        found = families(settings.fonts)
    except SettingsInvalid as error:
        yield Check("fonts", State.MISSING, error.message, error.remedy)
    else:
        yield Check("fonts", State.OK, ", ".join(found))


def keys(settings: Settings) -> Iterator[Check]:
    """Check that the keys of encryption can be used, if there are any."""
    from roomreel.encryption import encryptor_of, read_private_keys

    try:
        encryptor = encryptor_of(settings)
        if encryptor.format:
            yield Check(
                "public key", State.OK, f"{encryptor.format}, SHA-256 {encryptor.fingerprint}"
            )
    except SettingsInvalid as error:
        yield Check("public key", State.MISSING, error.message, error.remedy)
    path = settings.private_key
    if path is None:
        return
    try:
        prints = read_private_keys(path).fingerprints
    except SettingsInvalid as error:
        yield Check("private key", State.MISSING, error.message, error.remedy)
        return
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield Check("private key", State.WARNING, f"others may read {path}", f"chmod 600 {path}")
    else:
        yield Check("private key", State.OK, f"SHA-256 of the public key: {', '.join(prints)}")


def folders(settings: Settings) -> Iterator[Check]:
    """Check that what is read can be read, and what is written can be written."""
    from roomreel.storage.replace import is_writable

    places = {
        "manifests": settings.manifests,
        "templates": settings.templates_root,
        "assets": settings.assets_root,
    }
    for name, place in places.items():
        if "://" in place or "*" in place or Path(place).is_dir():
            yield Check(name, State.OK, place)
        else:
            remedy = f"make the folder, or set {name}"
            yield Check(name, State.WARNING, f"there is no folder {place}", remedy)
    local = [
        ("store", settings.store),
        ("rooms by the API", settings.rooms_root),
        ("scratch", settings.scratch_root),
    ]
    for name, folder in local:
        if not isinstance(folder, Path):
            continue
        if is_writable(folder):
            yield Check(name, State.OK, str(folder))
        else:
            remedy = "give roomreel write access, or set store or scratch"
            yield Check(name, State.MISSING, f"cannot write {folder}", remedy)


def buckets(settings: Settings) -> Iterator[Check]:
    """Check that what is in stores of objects can be read, and written with one winner."""
    from roomreel.catalog.backends.objects import proving_ground
    from roomreel.model.location import Location, ObjectLocation
    from roomreel.storage import stores
    from roomreel.storage.location import SCHEMES, location_of

    checks: dict[Location, Callable[[Any], object]] = {
        **dict.fromkeys(map(location_of, settings.read_only), stores.check_readable),
        settings.compositions_root: stores.check_writable,
        settings.journal_root: stores.check_writable,
    }
    if settings.has_service:
        checks[settings.rooms_root] = stores.check_writable
    match settings.catalog_root, settings.journal_root:
        case ObjectLocation() as catalog, ObjectLocation() as journal:
            ground = proving_ground(catalog, journal)
            checks[ground] = stores.remote_store_of(ground).conditional_writes
    for location, check in checks.items():
        if not isinstance(location, ObjectLocation):
            continue
        name = SCHEMES[location.scheme].store
        try:
            check(location)
        except RoomreelError as error:
            yield Check(name, State.MISSING, error.message, error.remedy)
        else:
            yield Check(name, State.OK, str(location))


def versions_kept(settings: Settings) -> Iterator[Check]:
    """Check for buckets in which what is deleted stays."""
    from roomreel.maintenance.versions import kept_versions

    for kept in kept_versions(settings):
        if kept.days:
            yield Check("deleting in S3", State.OK, str(kept))
        else:
            remedy = "give the bucket the lifecycle rule of docs/s3.md"
            yield Check("deleting in S3", State.WARNING, str(kept), remedy)


def disk(settings: Settings) -> Iterator[Check]:
    """Check that there is room for a run on each disk that it writes to."""
    from roomreel.storage.replace import ground_of

    folders = {
        "store": settings.store,
        "rooms by the API": settings.rooms_root,
        "scratch": settings.scratch_root,
        "Prefect server": settings.prefect_root,
    }
    disks: dict[int, tuple[list[str], Path]] = {}
    for name, folder in folders.items():
        if isinstance(folder, Path):
            ground = ground_of(folder.resolve())
            disks.setdefault(ground.stat().st_dev, ([], ground))[0].append(name)
    for names, ground in disks.values():
        free = shutil.disk_usage(ground).free
        detail = f"{free / 1e9:.1f} GB free, disk of {', '.join(names)}"
        if free < SCARCE_BYTES:
            yield Check("disk", State.WARNING, detail, f"have {SCARCE_BYTES / 1e9:.0f} GB or more")
        else:
            yield Check("disk", State.OK, detail)


def copies(settings: Settings) -> Iterator[Check]:
    """Report copies of recordings and compositions on this machine, beside the store."""
    from roomreel.maintenance.places import DAY_S, PLACES, Machine

    machine = Machine.of(settings)
    for place in PLACES:
        folder, days = place.where(machine), place.kept_s(settings) / DAY_S
        try:
            count = len(list(place.holds(folder)))
        except OSError as error:
            yield Check(place.name, State.MISSING, f"cannot read {folder}: {error.strerror}")
        else:
            stays = f"; unused ones stay {days:.0f} days" if days else ""
            yield Check(place.name, State.OK, f"{count} in {folder}{stays}")


def clients(settings: Settings) -> Iterator[Check]:
    """Check what callbacks to clients need, and what clients have set by the API."""
    from roomreel.cli.serve_checks import of_callbacks, of_storage_settings

    yield from of_callbacks(settings)
    yield from of_storage_settings(settings)


def server(_settings: Settings) -> Iterator[Check]:
    """Check that the Prefect server that is set answers; without one each run has its own."""
    url = os.environ.get("PREFECT_API_URL", "")
    if not url:
        yield Check(
            "Prefect server", State.OK, "PREFECT_API_URL is not set: each run starts its own"
        )
        return
    place = _USER.sub("//", url)
    trouble = _no_answer(f"{url.rstrip('/')}/health")
    if trouble:
        remedy = "start it, or unset PREFECT_API_URL"
        yield Check("Prefect server", State.MISSING, f"{place}: {trouble}", remedy)
    else:
        yield Check("Prefect server", State.OK, f"{place} answers")


def idle(reading: Reading) -> Iterator[Check]:
    """Check that every setting that is set has an effect."""
    from roomreel.cli.idle import idle_settings

    for words in idle_settings(reading):
        yield Check("settings", State.WARNING, words, "remove it, or set what it needs")


def importers(_settings: Settings) -> Iterator[Check]:
    """Check which deliveries can be imported, and that importers of other packages work."""
    from roomreel.importers.registry import BUILT_IN, Plugin
    from roomreel.importers.registry import importers as known

    yield Check("importers", State.OK, ", ".join(one.name for one in BUILT_IN))
    for one in known():
        if not isinstance(one, Plugin):
            continue
        try:
            yield Check(f"importer {one.name}", State.OK, f"{one.title}, of {one.distribution}")
        except ImporterBroken as error:
            yield Check(f"importer {one.name}", State.WARNING, error.message, error.remedy)


def print_checks(checks: Sequence[Check], reading: Reading, *, as_json: bool) -> None:
    """Print a line a check, then the settings in force and where each came from."""
    values = reading.settings.in_force
    if as_json:
        row = [asdict(check) for check in checks]
        console.out_json({"checks": row, "settings": values, "sources": dict(reading.sources)})
        return
    for check in checks:
        console.out_styled(f"{check.state:8}", STYLES[check.state], f"{check.name}: {check.detail}")
        if check.remedy:
            console.out_literal(f"         {check.remedy}")
    console.out_literal("settings:")
    for name, value in values.items():
        console.out_literal(f"  {name} = {value!r}  ({reading.sources[name]})")


LOOKS: tuple[Callable[[Settings], Iterator[Check]], ...] = (
    versions,
    ffmpeg,
    codecs,
    video_encoders,
    drawing,
    keys,
    folders,
    buckets,
    versions_kept,
    disk,
    copies,
    clients,
    server,
    importers,
)


def _no_answer(url: str) -> str:
    """Return the reason why an http URL does not answer; "" where it does."""
    if not url.startswith(("http://", "https://")):
        return "not an http URL"
    try:
        urllib.request.urlopen(url, timeout=ANSWER_TIMEOUT_S).close()  # noqa: S310
    except (OSError, ValueError, HTTPException) as error:
        return str(error)
    return ""
