"""A program that makes, changes and removes hooks and settings, by the hosted service's SDK.

Run with the URL of the service, account sid, auth token, and sid of a public key.
"""

import sys
from datetime import UTC, datetime, timedelta

from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

URL, ACCOUNT, TOKEN, KEY = sys.argv[1:]

client = Client(ACCOUNT, TOKEN)
client.video.base_url = URL
hooks = client.video.v1.composition_hooks


def error_of(call):
    try:
        call()
    except TwilioRestException as error:
        return error.status, error.code, error.msg
    raise AssertionError("there was no error")


# Create.
began = datetime.now(UTC).replace(microsecond=0)
grid = {"grid": {"video_sources": ["*"], "max_columns": 3}}
made = hooks.create(
    friendly_name="Lessons by Python",
    video_layout=grid,
    audio_sources=["*"],
    audio_sources_excluded=["teacher-*"],
    resolution="1280x720",
    format="mp4",
    trim=False,
    status_callback="https://example.org/events",
    status_callback_method="GET",
)
assert made.sid.startswith("HK"), made.sid
assert made.account_sid == ACCOUNT
assert made.friendly_name == "Lessons by Python"
assert made.enabled is True
assert made.date_created >= began
assert made.date_updated is None
assert made.audio_sources == ["*"]
assert made.audio_sources_excluded == ["teacher-*"]
assert made.video_layout["grid"]["max_columns"] == 3
assert len(made.video_layout["grid"]) == 11
assert (made.resolution, made.format, made.trim) == ("1280x720", "mp4", False)
assert (made.status_callback, made.status_callback_method) == ("https://example.org/events", "GET")
assert made.url == f"{URL}/v1/CompositionHooks/{made.sid}"
other = hooks.create(friendly_name="Others by Python", audio_sources=["*"], enabled=False)
assert (other.enabled, other.resolution, other.format, other.trim) == (
    False,
    "640x480",
    "webm",
    True,
)
assert other.video_layout == {}

# Fetch.
fetched = hooks(made.sid).fetch()
assert fetched.date_created == made.date_created
assert fetched.video_layout == made.video_layout

# List.
mine = {"friendly_name": "*BY python"}
found = [one.sid for one in hooks.list(**mine)]
assert sorted(found) == sorted([made.sid, other.sid]), found
assert [one.sid for one in hooks.list(**mine, page_size=1)] == found
assert [one.sid for one in hooks.list(enabled=True, **mine)] == [made.sid]
assert [one.sid for one in hooks.list(enabled=False, **mine)] == [other.sid]
assert {one.sid for one in hooks.list(date_created_after=began)} >= {*found}
assert hooks.list(date_created_before=began - timedelta(days=1), **mine) == []
assert {one.sid for one in hooks.stream(page_size=1)} >= {*found}

# Update: what is not given is as by default.
changed = hooks(made.sid).update(friendly_name="Lessons of Python", audio_sources=["*"])
assert (changed.sid, changed.date_created) == (made.sid, made.date_created)
assert changed.date_updated >= began
assert changed.friendly_name == "Lessons of Python"
assert changed.video_layout == {}
assert changed.audio_sources_excluded == []
assert (changed.resolution, changed.format, changed.trim) == ("640x480", "webm", True)
assert (changed.status_callback, changed.status_callback_method) == (None, "POST")
assert hooks(made.sid).fetch().date_updated == changed.date_updated

# Errors.
nobody = "HK" + "0" * 32
assert error_of(hooks(nobody).fetch)[:2] == (404, 20404)
assert error_of(hooks(nobody).delete)[:2] == (404, 20404)
status, code, message = error_of(
    lambda: hooks.create(friendly_name="others BY python", audio_sources=["*"])
)
assert (status, code) == (400, 20001)
assert "FriendlyName" in message
status, code, message = error_of(lambda: hooks.create(friendly_name="empty by Python"))
assert (status, code) == (400, 20001)
assert "VideoLayout or AudioSources" in message
status, code, message = error_of(
    lambda: hooks(made.sid).update(friendly_name="x", video_layout={"a": {"video_sources": "RT1"}})
)
assert (status, code) == (400, 20001)
assert "VideoLayout (/a/video_sources)" in message
(file,) = [one for one in hooks.list() if one.friendly_name == "operator's"]
assert error_of(hooks(file.sid).delete)[:2] == (409, 20409)

# Delete.
for sid in (made.sid, other.sid):
    assert hooks(sid).delete() is True
    assert error_of(hooks(sid).fetch)[:2] == (404, 20404)
assert hooks.list(friendly_name="*python") == []

# Settings.
of_compositions = client.video.v1.composition_settings()
assert of_compositions.fetch().encryption_enabled is False
on = of_compositions.create(
    friendly_name="by Python", encryption_enabled=True, encryption_key_sid=KEY
)
assert (on.friendly_name, on.encryption_enabled, on.encryption_key_sid) == ("by Python", True, KEY)
assert (on.account_sid, on.aws_storage_enabled, on.aws_s3_url) == (ACCOUNT, False, None)
assert of_compositions.fetch().encryption_key_sid == KEY
status, code, message = error_of(
    lambda: of_compositions.create(
        friendly_name="x", aws_storage_enabled=True, aws_s3_url="https://my-bucket.s3.amazonaws.com"
    )
)
assert (status, code) == (400, 20001)
assert "AwsStorageEnabled" in message
assert of_compositions.create(friendly_name="off").encryption_enabled is False
of_recordings = client.video.v1.recording_settings()
assert of_recordings.create(friendly_name="theirs").friendly_name == "theirs"
assert of_recordings.fetch().friendly_name == "theirs"
refused = error_of(lambda: of_recordings.create(friendly_name="x", encryption_enabled=True))
assert refused[:2] == (400, 20001)
