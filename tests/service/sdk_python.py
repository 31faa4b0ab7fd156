"""A program of a user of the hosted service, by its Python SDK, with only the base URL changed.

Run with the URL of the service, account sid, auth token, sid of a room, layouts as JSON, and a
folder for what is downloaded.
"""

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import requests
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

URL, ACCOUNT, TOKEN, ROOM, LAYOUTS, FOLDER = sys.argv[1:]

client = Client(ACCOUNT, TOKEN)
client.video.base_url = URL
video = client.video.v1


def error_of(call):
    try:
        call()
    except TwilioRestException as error:
        return error.status, error.code, error.msg
    raise AssertionError("there was no error")


def download(uri, file):
    # As the documentation of the hosted service has it.
    response = client.request("GET", f"{uri}?Ttl=600")
    location = json.loads(response.text)["redirect_to"]
    assert response.status_code == 302
    content = requests.get(location, timeout=60)
    assert content.status_code == 200, content.text
    (Path(FOLDER) / file).write_bytes(content.content)


# Create with each documented layout.
began = datetime.now(UTC).replace(microsecond=0)
made = {}
for layout in json.loads(LAYOUTS):
    given = {
        "video_layout": layout.get("VideoLayout"),
        "audio_sources": layout.get("AudioSources"),
        "audio_sources_excluded": layout.get("AudioSourcesExcluded"),
        "resolution": layout.get("Resolution"),
    }
    given = {name: value for name, value in given.items() if value is not None}
    composition = video.compositions.create(
        room_sid=ROOM, format="mp4", status_callback="https://example.org/events", **given
    )
    assert composition.sid.startswith("CJ"), composition.sid
    assert composition.account_sid == ACCOUNT
    assert composition.room_sid == ROOM
    assert composition.status in {"enqueued", "processing"}, composition.status
    assert composition.date_created >= began
    assert composition.date_completed is None
    assert composition.date_deleted is None
    assert (composition.bitrate, composition.size, composition.duration) == (0, 0, 0)
    assert composition.trim is True
    assert composition.format == "mp4"
    assert composition.resolution == layout.get("Resolution", "640x480")
    assert composition.audio_sources == layout.get("AudioSources", [])
    assert composition.audio_sources_excluded == layout.get("AudioSourcesExcluded", [])
    assert composition.media_external_location is None
    assert composition.status_callback == "https://example.org/events"
    assert composition.status_callback_method == "POST"
    assert composition.links["media"] == f"{composition.url}/Media"
    for name, region in layout.get("VideoLayout", {}).items():
        echoed = composition.video_layout[name]
        assert {key: echoed[key] for key in region} == region
        assert len(echoed) == 11
    assert composition.video_layout.keys() == layout.get("VideoLayout", {}).keys()
    made[composition.sid] = layout["name"]

# Fetch, until all are there.
for sid, name in made.items():
    while True:
        composition = video.compositions(sid).fetch()
        if composition.status in {"completed", "failed"}:
            break
        assert composition.status in {"enqueued", "processing"}, composition.status
        time.sleep(0.5)
    assert composition.status == "completed", (name, composition.status)
    assert composition.date_completed >= composition.date_created
    assert composition.bitrate > 0
    assert composition.size > 0
    assert composition.duration == 2, (name, composition.duration)

# List with paging and filters.
found = [one.sid for one in video.compositions.list(room_sid=ROOM, page_size=3)]
assert found == sorted(made, reverse=True), (found, [*made])
assert [one.sid for one in video.compositions.list(room_sid=ROOM, limit=5)] == found[:5]
assert [one.sid for one in video.compositions.list(room_sid=ROOM, limit=200)] == found
completed = video.compositions.list(status="completed", room_sid=ROOM, date_created_after=began)
assert [one.sid for one in completed] == found
assert video.compositions.list(room_sid=ROOM, date_created_before=began) == []
assert video.compositions.list(room_sid=ROOM, status="failed") == []
page = video.compositions.page(room_sid=ROOM, page_size=4)
pages = []
while page is not None:
    pages.append([one.sid for one in page])
    page = page.next_page()
assert [*map(len, pages)] == [4, 4, 3], pages
assert [sid for one in pages for sid in one] == found

# Rooms, people and recordings.
room = video.rooms(ROOM).fetch()
assert (room.sid, room.status) == (ROOM, "completed")
assert room.date_created < room.end_time == room.date_updated
assert ROOM in {one.sid for one in video.rooms.list(status="completed", limit=2000)}
people = video.rooms(ROOM).participants.list()
person = video.rooms(ROOM).participants(people[0].sid).fetch()
assert person.identity == people[0].identity
assert person.end_time == room.end_time
recordings = video.rooms(ROOM).recordings.list(limit=1000)
assert {one.sid for one in recordings} == {
    one.sid for one in video.recordings.list(grouping_sid=[ROOM], page_size=2)
}
sounds = video.recordings.list(grouping_sid=[ROOM], media_type="audio")
assert {one.type for one in sounds} == {"audio"}
mine = video.recordings.list(grouping_sid=[ROOM, people[0].sid])
assert {one.grouping_sids["participant_sid"] for one in mine} == {people[0].sid}
recording = video.recordings(sounds[0].sid).fetch()
assert recording.offset == 0
assert recording.codec == "OPUS"
assert recording.status == "completed"
assert recording.grouping_sids["room_sid"] == ROOM
of_room = video.rooms(ROOM).recordings(recording.sid).fetch()
assert (of_room.room_sid, of_room.track_name) == (ROOM, recording.track_name)

# Recording rules.
ruled = video.rooms(ROOM).recording_rules
everything = [{"type": "include", "all": True}]
assert ruled.fetch().rules == everything
rules = [*everything, {"type": "exclude", "kind": "video", "publisher": "soundtrack"}]
updated = ruled.update(rules=rules)
assert (updated.room_sid, updated.rules) == (ROOM, rules)
assert updated.date_updated >= updated.date_created >= began
wrong = error_of(lambda: ruled.update(rules=[{"type": "include", "all": True, "kind": "audio"}]))
assert wrong[:2] == (400, 53120), wrong
assert ruled.fetch().rules == rules
assert video.rooms(room.unique_name).recording_rules.update(rules=everything).rules == everything

# Media that play.
for sid in made:
    download(f"{URL}/v1/Compositions/{sid}/Media", f"{sid}.mp4")
download(recording.links["media"], "recording.mka")

# Errors.
nobody = "CJ" + "0" * 32
assert error_of(video.compositions(nobody).fetch)[:2] == (404, 20404)
status, code, message = error_of(lambda: video.compositions.create(room_sid=ROOM))
assert (status, code) == (400, 20001)
assert "VideoLayout or AudioSources" in message
status, code, message = error_of(
    lambda: video.compositions.create(
        room_sid=ROOM, video_layout={"transcode": {"video_sources": "RT1"}}
    )
)
assert (status, code) == (400, 20001)
assert "VideoLayout (/transcode/video_sources)" in message
unknown = "RM" + "0" * 32
create_nowhere = error_of(lambda: video.compositions.create(room_sid=unknown, audio_sources=["*"]))
assert create_nowhere[:2] == (404, 53106)
assert error_of(lambda: video.rooms.create(unique_name="mine"))[:2] == (501, 20501)
stranger = Client(ACCOUNT, "0" * 32)
stranger.video.base_url = URL
assert error_of(stranger.video.v1.compositions(found[0]).fetch)[:2] == (401, 20003)

# Delete.
for sid in found[:2]:
    assert video.compositions(sid).delete() is True
    gone = video.compositions(sid).fetch()
    assert gone.status == "deleted"
    assert gone.date_deleted >= gone.date_created
deleted = video.compositions.list(status="deleted", room_sid=ROOM)
assert [one.sid for one in deleted] == found[:2]
assert client.request("GET", f"{URL}/v1/Compositions/{found[0]}/Media").status_code == 404
print(json.dumps(made))
