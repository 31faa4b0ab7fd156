"""Links to media that expire: whoever has one may fetch one file for some minutes.

A link is signed with the link key of the account, over all that it says. Its signature is in the
query, which no log has.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlencode

# So that nothing else that is signed with the key can be taken for a link.
_PURPOSE = "roomreel.link/1"
_SECONDS = re.compile(r"[0-9]{1,12}")


class LinkKind(StrEnum):
    """Files that a link leads to."""

    MEDIA = "media"
    POSTER = "poster"
    SHEET = "sheet"
    PLAN = "plan"


@dataclass(frozen=True, slots=True)
class Link:
    """A link, as it is signed.

    Attributes:
        sid: of the composition or recording.
        version: digest or version of the stored file; another file under its name is another one.
        disposition: the header Content-Disposition of the answer.
        expires: seconds since 1970; from then on it leads nowhere.
    """

    kind: LinkKind
    sid: str
    version: str
    disposition: str
    expires: int

    def query(self, key: bytes) -> str:
        """Return the query of its URL, signed; the path says kind and sid."""
        said = {"v": self.version, "d": self.disposition, "e": self.expires}
        return urlencode(said | {"sig": self._signature(key)})

    def _signature(self, key: bytes) -> str:
        fields = [_PURPOSE, self.kind, self.sid, self.version, self.disposition, self.expires]
        # JSON, so that no two links are the same text.
        mac = hmac.new(key, json.dumps(fields).encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(mac.digest()).decode().rstrip("=")

    def is_signed(self, signature: str, key: bytes) -> bool:
        """Return whether a signature is that of this link, in constant time."""
        given = signature.encode("utf-8", "surrogatepass")
        return hmac.compare_digest(self._signature(key).encode(), given)


def verify_link(
    kind: LinkKind, sid: str, query: Mapping[str, str], key: bytes, now: datetime
) -> Link | None:
    """Return the link that a URL is; None where it is forged or has expired.

    Args:
        kind: as the path says.
        sid: likewise.
        query: parameters, whatever they are.
        key: the link key of the account.
    """
    expires = query.get("e", "")
    if not _SECONDS.fullmatch(expires):
        return None
    link = Link(kind, sid, query.get("v", ""), query.get("d", ""), int(expires))
    if not link.is_signed(query.get("sig", ""), key):
        return None
    return link if now.timestamp() < link.expires else None
