"""Settings about the service: where it listens, what it keeps, what it lets in."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from roomreel.settings.kinds import AccountSid, Endpoint, Network, Origin, Receiver
from roomreel.settings.places import Places


class Serving(Places):
    """The REST API, and the database behind it."""

    service_url: Endpoint | None = Field(
        default=None,
        description="URL that clients reach `serve` by: what URLs in replies begin with, and the "
        "only host name that is answered; unset: where it listens.",
    )
    account_sid: AccountSid | None = Field(
        default=None,
        description="Account that the API answers for, `AC` and 32 hex digits; unset: one that the "
        "first start of `serve` makes up.",
    )
    request_runs: Annotated[int, Field(ge=1)] = Field(
        default=3,
        description="Runs that compose what was requested by the API, at a time, on all machines.",
    )
    waiting_limit: Annotated[int, Field(ge=1)] = Field(
        default=100_000, description="Requests for compositions that may wait at a time."
    )
    callback_allow: list[Receiver] = Field(
        default=[],
        description="Hosts, addresses or networks that callbacks may be sent to though they are of "
        "this machine or of a private network, such as `app.internal` or `10.0.0.0/24`.",
    )
    callback_retries: Annotated[int, Field(ge=0, le=720)] = Field(
        default=24,
        description="Hours for which a callback that fails is tried again: after 5 s at first, "
        "then after twice as long each time, up to an hour. 0: not at all.",
    )

    manifests_poll_s: Annotated[float, Field(gt=0)] = Field(
        default=10,
        description="Seconds between looks of `serve` at all manifests; more where they are so "
        "many that this would take over a hundredth of a core. On a disk, notices of changes come "
        "between.",
    )
    upload_limit_bytes: Annotated[int, Field(ge=1)] = Field(
        default=40_000_000_000, description="Largest media file that may be put by the API."
    )
    upload_free_bytes: Annotated[int, Field(ge=0)] = Field(
        default=5_000_000_000,
        description="Bytes of the disk that media put by the API leave free.",
    )
    uploads_at_once: Annotated[int, Field(ge=1)] = Field(
        default=8, description="Media that each instance takes in at a time; then 429."
    )

    forwarded_allow: list[Network] = Field(
        default=[],
        description="Addresses or networks of proxies before `serve`, such as `10.0.0.7` or "
        "`10.0.0.0/24`: of these alone `X-Forwarded-For` and `X-Forwarded-Proto` are believed.",
    )
    cors_origins: list[Origin] = Field(
        default=[],
        description="Origins of web pages whose scripts may use the API, such as "
        "`https://app.example.org`.",
    )
    rate_limit: Annotated[int, Field(ge=1)] | None = Field(
        default=None,
        description="Requests a second that a key may send to each instance; unset: no limit.",
    )
    sign_in_failures: Annotated[int, Field(ge=1)] = Field(
        default=20,
        description="Wrong passwords a minute that are answered of an address and a name; of an "
        "address, ten times as many.",
    )
    request_timeout_s: Annotated[float, Field(gt=0)] = Field(
        default=30,
        description="Seconds in which a request has to arrive, and its answer to begin.",
    )
