"""Hooks and settings whose store is in S3: made, seen by others, applied, read by a night."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from sqlalchemy import select

from roomreel.batch.reading import read_templates
from roomreel.batch.template_files import find_template_files
from roomreel.catalog.catalog import open_catalog
from roomreel.compose.stored_settings import with_stored_settings
from roomreel.errors import ArgumentsInvalid, NotFound
from roomreel.model.location import ObjectLocation
from roomreel.model.selection import Selection
from roomreel.model.template import Template
from roomreel.service.access.account import make_account
from roomreel.service.database.connections import open_database
from roomreel.service.database.tables import REQUESTS
from roomreel.service.hooks.hook_runs import apply_due
from roomreel.service.hooks.hooks import (
    HookFilter,
    create_hook,
    delete_hook,
    find_hook,
    list_hooks,
    update_hook,
)
from roomreel.service.rooms.manifests import look
from roomreel.service.service import Service
from roomreel.service.settings.credentials import (
    add_credential,
    list_credentials,
    remove_credential,
)
from roomreel.service.settings.storage_settings import WantedSettings, set_composition_settings
from roomreel.settings import Settings
from roomreel.storage import write_bytes

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "service"))
from manifest_folder import document

pytestmark = pytest.mark.s3
HEARD = Selection(("*",))


@pytest.fixture
def service(bucket: str, tmp_path: Path) -> Iterator[Service]:
    settings = Settings(
        folder=tmp_path,
        store=ObjectLocation("s3", bucket, "store"),
        manifests=f"s3://{bucket}/rooms",
        templates=f"s3://{bucket}/templates",
        service_home=tmp_path / "service",
    )
    open_catalog(settings)
    database, account = open_database(settings), make_account(None)
    yield Service(settings, database, lambda: account, "")
    database.close()


def test_a_hook_lives_in_the_bucket(service: Service, bucket: str) -> None:
    text = {"schema": "roomreel.template/1", "friendly_name": "file", "audio_sources": ["*"]}
    place = ObjectLocation("s3", bucket, "templates/file.json")
    write_bytes(place, json.dumps(text).encode())
    assert [row["hook"].ready.name for row in list_hooks(service, HookFilter()).rows] == ["file"]
    made = create_hook(service, Template("one", audio=HEARD))
    other = Service(service.settings, service.database, service.current_account, "")
    assert find_hook(other, made.sid) == made
    changed = update_hook(other, made.sid, Template("two", audio=HEARD, trim=False))
    assert find_hook(service, made.sid) == changed
    with pytest.raises(ArgumentsInvalid, match="FriendlyName"):
        create_hook(service, Template("TWO", audio=HEARD))
    files = find_template_files(service.settings)
    read = read_templates(files.urls, None, files.hooks)
    assert [ready.name for ready in read.templates] == ["file", "two"]
    assert not read.problems
    delete_hook(service, made.sid)
    with pytest.raises(NotFound):
        find_hook(other, made.sid)


def test_a_room_that_completes_in_the_bucket_is_composed_by_a_hook(
    service: Service, bucket: str
) -> None:
    look(service.database, service.settings)
    made = create_hook(service, Template("one", audio=HEARD))
    end = datetime.now(UTC) + timedelta(minutes=1)
    text = document(1, number=1, status="completed", end_time=end.isoformat(), date_created=None)
    text["recordings"][0] |= {"status": "completed", "type": "audio", "date_created": None}
    write_bytes(ObjectLocation("s3", bucket, "rooms/one/room.json"), json.dumps(text).encode())
    look(service.database, service.settings)
    apply_due(service, datetime.now(UTC))
    with service.database.read() as connection:
        found = connection.execute(select(REQUESTS.c.room_sid, REQUESTS.c.hook_sid)).all()
    assert found == [(text["room"]["sid"], made.sid)]


def test_settings_and_credentials_are_read_from_the_bucket(
    service: Service, tmp_path: Path
) -> None:
    settings = service.settings
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    file = tmp_path / "key.pem"
    file.write_bytes(private.public_key().public_bytes(serialization.Encoding.PEM, form))
    assert list_credentials(settings) == []
    sid = add_credential(settings, "customer", file).sid
    assert with_stored_settings(settings).encryption == "none"
    wanted = WantedSettings("mine", encryption_key_sid=sid, encryption_enabled=True)
    set_composition_settings(service, wanted)
    assert with_stored_settings(settings).encryption == "rsa-envelope"
    set_composition_settings(service, WantedSettings("mine"))
    assert remove_credential(settings, "customer").sid == sid
    assert list_credentials(settings) == []
