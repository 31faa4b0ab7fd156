"""Places of stored compositions, and moving files there."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from roomreel.documents.plan import compact_plan_json
from roomreel.encryption import SUFFIXES, Encryptor, instruction_file, publish_encrypted
from roomreel.errors import StorageFailed
from roomreel.model.composition import Files, Job
from roomreel.model.location import Location
from roomreel.model.plan import Plan
from roomreel.model.table import composition_day
from roomreel.redaction import redacted
from roomreel.render.spec import Rendered
from roomreel.settings import EncryptionSetting
from roomreel.settings.places import Places
from roomreel.settings.rendering import Sources
from roomreel.storage import sha256_of, stat
from roomreel.storage.failure import storage_errors
from roomreel.storage.location import location_of

# What a composition in the store is named by.
_SID = re.compile(r"CJ[0-9a-f]{32}")


def files_of(job: Job, settings: Sources) -> Files:
    """Return where a composition is published: under the store, by the UTC day of its sid.

    Its medium alone goes to a bucket of others, where the settings name one.
    """
    files = files_beside(medium_in_store(job, settings), settings)
    if settings.external is None:
        return files
    name = location_of(files.media).name
    media = settings.external.folder / name
    return replace(files, media=str(media), external_location=f"{settings.external.url}/{name}")


def medium_in_store(job: Job, settings: Places) -> Location:
    """Return where the medium of a composition would lie in the store, by its plain name."""
    return place_in_store(f"{job.sid}.{job.template.format}", settings)


def place_in_store(name: str, settings: Places) -> Location:
    """Return where a file of a composition lies in the store, by its name, which has the sid."""
    # Absolute: readers of the catalog do not know where roomreel ran.
    store = settings.compositions_root.absolute()
    return store / f"date={composition_day(name.partition('.')[0])}" / name


def files_beside(media: Location, settings: Sources) -> Files:
    """Return a medium with what is published beside it; encrypted files are named so.

    That is a poster and a contact sheet, and in the store the plan document, too.
    """
    return _named(media, settings.encryption)


def medium_of_ours(files: Files, settings: Places) -> Location:
    """Return the medium of published files, or where it would be if it were not with others.

    What is beside it is beside this; and in buckets of others nothing is ever removed.
    """
    return stored_medium(files.media, files.external_location, settings)


def stored_medium(media: str, external_location: str | None, settings: Places) -> Location:
    """Return the place in the store of a medium, also of one that is in a bucket of others."""
    place = location_of(media)
    return place if external_location is None else place_in_store(place.name, settings)


def files_of_stored(media: Location) -> Files:
    """Return where the files of a stored composition lie, by the name that its medium has.

    Any but the medium may be missing: it was not made, or is of before there were any.
    """
    return _named(*plain_name(media))


def stored_files(media: Location) -> list[Location]:
    """Return every file that a stored composition may have, the medium last, as published."""
    return [codec_log(media), *_stored_as(*plain_name(media))]


def codec_log(media: Location) -> Location:
    """Return the place of a failed composition's codec log; never encrypted: it has no media."""
    return _beside(plain_name(media)[0], "codec.log")


def files_encrypted_otherwise(media: Location) -> list[Location]:
    """Return the files that a composition may have from another setting of `encryption`."""
    plain, encryption = plain_name(media)
    others = (other for other in SUFFIXES if other != encryption)
    return [place for other in others for place in _stored_as(plain, other)]


def plain_name(stored: Location) -> tuple[Location, EncryptionSetting]:
    """Return a stored file by the name of its plaintext, and its encryption by its own name."""
    for encryption, ending in SUFFIXES.items():
        if ending and stored.name.endswith(ending):
            return stored.parent / stored.name.removesuffix(ending), encryption
    return stored, "none"


def is_named_by_sid(stored: Location) -> bool:
    """Return whether a medium has the name of a composition in the store."""
    return _SID.fullmatch(plain_name(stored)[0].name.rpartition(".")[0]) is not None


def _named(plain: Location, encryption: EncryptionSetting) -> Files:
    names = (plain, *_pictures(plain), *_plans(plain))
    return Files(*(f"{name}{SUFFIXES[encryption]}" for name in names))


def _pictures(plain: Location) -> tuple[Location, Location]:
    return _beside(plain, "poster.jpg"), _beside(plain, "sheet.jpg")


def _plans(plain: Location) -> list[Location]:
    return [_beside(plain, "plan.json")] if is_named_by_sid(plain) else []


def _beside(plain: Location, what: str) -> Location:
    """Return a file that belongs to a medium: in the store by its sid, else by its whole name.

    Of another name there may be a medium in each format, each with pictures of its own.
    """
    stem, _, _ = plain.name.rpartition(".")
    return plain.parent / f"{stem if _SID.fullmatch(stem) else plain.name}.{what}"


def _stored_as(plain: Location, encryption: EncryptionSetting) -> list[Location]:
    names = (*_plans(plain), *_pictures(plain), plain)
    places = [location_of(f"{name}{SUFFIXES[encryption]}") for name in names]
    if encryption == "none":
        return places
    return [*(instruction_file(place) for place in places if isinstance(place, Path)), *places]


def is_stored(
    media: str,
    size_bytes: int | None,
    media_sha256: str | None,
    digest_of: Callable[[Location], str | None] = sha256_of,
) -> bool:
    """Return whether a medium is there in the recorded size and, if given, with the digest.

    What cannot be looked at counts as not there: it is made again, or fails in words.

    Args:
        media: path or URL.
        size_bytes: of the file as it is stored.
        media_sha256: hex; None: any.
        digest_of: the digest of a place; None from it: not known, and so not compared.
    """
    place = location_of(media)
    with suppress(StorageFailed):
        found = stat(place)
        if found is None or found.size_bytes != size_bytes:
            return False
        return media_sha256 is None or digest_of(place) in {None, media_sha256}
    return False


def is_gone(media: str, size_bytes: int | None) -> bool:
    """Return whether a medium is known not to be there any more in the size that was recorded.

    Of what cannot be looked at nothing is known.
    """
    with suppress(StorageFailed):
        found = stat(location_of(media))
        return found is None or found.size_bytes != size_bytes
    return False


def write_plan(plan: Plan, folder: Path) -> Path:
    """Return the file of a plan document, written into a scratch folder."""
    document = folder / "plan.json"
    with storage_errors("write", document):
        document.write_text(compact_plan_json(_redacted(plan)), encoding="ascii")
    return document


def _redacted(plan: Plan) -> Plan:
    """Return a plan with the messages that a row of the catalogs would have of it."""
    warnings = tuple(replace(one, message=redacted(one.message)) for one in plan.warnings)
    copied = plan.passthrough
    if copied is not None:
        copied = replace(copied, refused=redacted(copied.refused))
    return replace(plan, warnings=warnings, passthrough=copied)


def publish_rendered(
    rendered: Rendered, plan: Path | None, files: Files, encryptor: Encryptor
) -> tuple[Files, str, int]:
    """Encrypt the files and move them to their places, the medium last: where it is, all is.

    Args:
        rendered: verified.
        plan: the document of the plan that was rendered, where it is to be published.
        files: the places.
        encryptor: of all of them.

    Returns:
        What there is, and the SHA-256 and the size of the medium as it is stored.

    Raises:
        StorageFailed: one could not be encrypted or moved; the medium is not there then.
    """
    beside = (
        (plan, files.plan),
        (rendered.poster, files.poster),
        (rendered.sheet, files.sheet),
    )
    for source, place in beside:
        if source and place:
            publish_encrypted(encryptor.encrypt(Path(source)), location_of(place))
    media = encryptor.encrypt(Path(rendered.media))
    media_sha256, size_bytes = sha256_of(media.path), media.path.stat().st_size
    publish_encrypted(media, location_of(files.media))
    published = replace(
        files,
        poster=files.poster if rendered.poster else None,
        sheet=files.sheet if rendered.sheet else None,
    )
    return published, media_sha256, size_bytes
