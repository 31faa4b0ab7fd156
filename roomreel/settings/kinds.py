"""The kinds of values that settings have, and what each of them refuses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, PlainSerializer

from roomreel.documents.findings import value_text
from roomreel.errors import StorageFailed
from roomreel.model.location import Location, is_url, without_secrets
from roomreel.model.template import Format
from roomreel.settings.anchor import PATH, PROGRAM
from roomreel.storage.location import location_of

Quality = Literal["draft", "standard", "high"]
Verification = Literal["sampled", "full"]
EncryptionSetting = Literal["none", "age", "rsa-envelope"]
Inputs = Literal["cache", "stream"]
Spread = Literal["none", "pool", "dask"]


class Unfit(ValueError):
    """A value that a setting cannot have.

    Attributes:
        expected: what the setting asks for, in words.
        found: what stands there, safe to print; a value that may hold a secret is not repeated.
        name: the setting that is to be changed, where it is another one.
    """

    def __init__(self, expected: str, found: str = "another value", name: str = "") -> None:
        super().__init__(f"expected {expected}, found {found}")
        self.expected = expected
        self.found = found
        self.name = name


def _no_key_itself(value: object) -> object:
    """Settings are shown and logged, so a private key may never be one."""
    if "PRIVATE KEY" in str(value) or "AGE-SECRET-KEY" in str(value).upper():
        raise Unfit("the name of the file that holds the key", "the key itself")
    return value


def _place(value: object) -> Location:
    """Return a path, a file:// or an s3:// URL; refuse one with a user or a query unquoted."""
    if not isinstance(value, str | Location):
        raise Unfit("a path or an s3:// URL", value_text(value))
    try:
        return location_of(value) if isinstance(value, str) else value
    except StorageFailed as error:
        refusal = f"{error.message}, {error.remedy}"
        raise Unfit(f"a path or an s3:// URL ({refusal})") from error


def _checked(location: str) -> str:
    _place(location)
    if is_url(location) and without_secrets(location) != location:
        raise Unfit("a URL without user, query and fragment")
    return location


def _figures(file: Path) -> Path:
    """Return the path of a .prom file: collectors read no other, and no other is overwritten."""
    if file.suffix != ".prom":
        raise Unfit("a file whose name ends in .prom", value_text(file.name))
    return file


def _endpoint(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
        raise Unfit("an http(s) URL without user, such as https://s3.example.org")
    return url


def _account(sid: str) -> str:
    if not re.fullmatch(r"AC[0-9a-f]{32}", sid):
        raise Unfit("AC and 32 hex digits", value_text(sid))
    return sid


def _network(text: str) -> str:
    try:
        return str(ip_network(text, strict=False))
    except ValueError as error:
        example = "an IP address or network, such as 10.0.0.0/24"
        raise Unfit(example, value_text(text)) from error


_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?")


def _receiver(text: str) -> str:
    """Return a host name in lower case, or an address or network as `ip_network` writes it."""
    try:
        return str(ip_network(text, strict=False))
    except ValueError as error:
        name = text.lower().rstrip(".")
        if not _HOST.fullmatch(name) or name.rpartition(".")[2].isdigit():
            example = "a host name, or an IP address or network, such as 10.0.0.0/24"
            raise Unfit(example, value_text(text)) from error
        return name


def _origin(url: str) -> str:
    """Return an origin as browsers write it: without path, user and the usual port."""
    found = origin_of(url)
    if found is None or urlsplit(url).path.strip("/") or "?" in url or "#" in url:
        raise Unfit("an origin, such as https://app.example.org")
    return found


def origin_of(url: str) -> str | None:
    """Return the origin of an http(s) URL as browsers write it; None where it has none."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    if usual is None or not parts.hostname or "@" in parts.netloc:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + (f":{port}" if port not in {None, usual} else "")


USUAL_ENCODERS: Mapping[Format, str] = {Format.MP4: "libx264", Format.WEBM: "libvpx"}


def _with_every_format(given: object) -> object:
    """Return the encoders that are given, and the usual ones of the formats that are not."""
    return {**USUAL_ENCODERS, **given} if isinstance(given, dict) else given


Encoders = Annotated[dict[Format, str], BeforeValidator(_with_every_format)]
LocalPath = Annotated[Path, PATH]
FiguresFile = Annotated[Path, AfterValidator(_figures), PATH]
KeyFile = Annotated[Path, BeforeValidator(_no_key_itself), PATH]
AnyLocation = Annotated[Location, BeforeValidator(_place), PlainSerializer(str), PATH]
LocationText = Annotated[str, AfterValidator(_checked), PATH]
Program = Annotated[str, PROGRAM]
Endpoint = Annotated[str, AfterValidator(_endpoint)]
AccountSid = Annotated[str, AfterValidator(_account)]
Network = Annotated[str, AfterValidator(_network)]
Receiver = Annotated[str, AfterValidator(_receiver)]
Origin = Annotated[str, AfterValidator(_origin)]
