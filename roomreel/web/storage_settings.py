"""Settings of compositions and of recordings: fetch and create."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from roomreel.documents.stored_settings import StorageSettings
from roomreel.service.service import Service
from roomreel.service.settings.storage_settings import (
    WantedSettings,
    find_composition_settings,
    find_recording_settings,
    set_composition_settings,
    set_recording_settings,
)
from roomreel.web import codes
from roomreel.web.answers import json_response
from roomreel.web.callers import ADMIN, READ
from roomreel.web.envelope import ApiError
from roomreel.web.forms import Form, read_form
from roomreel.web.lists import sid_of

OF_COMPOSITIONS = "/v1/CompositionSettings/Default"
OF_RECORDINGS = "/v1/RecordingSettings/Default"


def storage_settings(service: Service) -> APIRouter:
    """Return the operations on how media are stored."""
    router = APIRouter(tags=["Settings"])

    @router.get(OF_COMPOSITIONS, dependencies=READ)
    def fetch_of_compositions() -> Response:
        """Fetch how compositions are stored."""
        return _answer(find_composition_settings(service), service, OF_COMPOSITIONS)

    @router.post(OF_COMPOSITIONS, dependencies=ADMIN)
    async def create_of_compositions(request: Request) -> Response:
        """Have compositions that are made from now on be stored in another way."""
        wanted = _wanted(await read_form(request))
        made = await run_in_threadpool(set_composition_settings, service, wanted)
        return _answer(made, service, OF_COMPOSITIONS)

    @router.get(OF_RECORDINGS, dependencies=READ)
    def fetch_of_recordings() -> Response:
        """Fetch how recordings are stored."""
        return _answer(find_recording_settings(service), service, OF_RECORDINGS)

    @router.post(OF_RECORDINGS, dependencies=ADMIN)
    async def create_of_recordings(request: Request) -> Response:
        """Have media of recordings that are put from now on be stored in another way."""
        wanted = _wanted(await read_form(request))
        made = await run_in_threadpool(set_recording_settings, service, wanted)
        return _answer(made, service, OF_RECORDINGS)

    return router


def _wanted(form: Form) -> WantedSettings:
    name = form.one("FriendlyName")
    if not name:
        raise ApiError(400, codes.INVALID, "Missing required parameter FriendlyName")
    return WantedSettings(
        friendly_name=name,
        aws_credentials_sid=sid_of(form, "AwsCredentialsSid", "CR"),
        aws_s3_url=form.one("AwsS3Url"),
        aws_storage_enabled=form.flag("AwsStorageEnabled", default=False),
        encryption_key_sid=sid_of(form, "EncryptionKeySid", "CR"),
        encryption_enabled=form.flag("EncryptionEnabled", default=False),
    )


def _answer(settings: StorageSettings, service: Service, path: str) -> Response:
    found: dict[str, Any] = {
        "account_sid": service.account.sid,
        "friendly_name": settings.friendly_name,
        "aws_credentials_sid": settings.aws_credentials_sid,
        "aws_s3_url": settings.aws_s3_url,
        "aws_storage_enabled": settings.aws_credentials_sid is not None,
        "encryption_key_sid": settings.encryption_key_sid,
        "encryption_enabled": settings.encryption_key_sid is not None,
        "url": f"{service.url}{path}",
    }
    return json_response(found)
