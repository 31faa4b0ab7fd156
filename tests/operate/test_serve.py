"""`roomreel serve`: requests from POST to file, beside nights, through deletes and kills."""

from __future__ import annotations

import json
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import State

from roomreel.storage import sha256_of

sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))
from calls import Calls
from prefect_site import wait_for
from service_site import CODE, GRID, ROOT, ServiceSite, create, fetch, wait_for_status

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> Calls:
    calls = Calls(tmp_path_factory.mktemp("serve"), window_days=7)
    calls.template("sound", audio_sources=["*"], format="mp4")
    return calls


@pytest.fixture(scope="module")
def site(calls: Calls) -> Iterator[ServiceSite]:
    with ServiceSite(calls.folder, calls.config) as site:
        yield site


@pytest.fixture
def client(site: ServiceSite) -> Iterator[httpx.Client]:
    with site.client() as client:
        yield client


def listed(client: httpx.Client, room: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/Compositions", params={"RoomSid": room}).json()[
        "compositions"
    ]
    return found


def rows(calls: Calls, sid: str) -> list[dict[str, object]]:
    return [row for row in calls.rows() if row["sid"] == sid]


def night(site: ServiceSite) -> None:
    """Run nightly to its end."""
    prefect = SyncPrefectClient(site.prefect_api)
    deployment = prefect.read_deployment_by_name("nightly/nightly")
    run = prefect.create_flow_run_from_deployment(deployment.id)

    def ended() -> State | None:
        state = prefect.read_flow_run(run.id).state
        return state if state and state.is_final() else None

    assert wait_for(ended).is_completed()


def test_a_request_becomes_one_row_and_one_file(
    calls: Calls, client: httpx.Client, site: ServiceSite
) -> None:
    room = calls.room("one")
    made = create(client, room)
    assert (made["status"], made["size"], made["roomreel"]["template"]) == ("enqueued", 0, "api")
    done = wait_for_status(client, made["sid"], "completed", "failed")
    assert done["status"] == "completed", done
    [row] = rows(calls, made["sid"])
    media = Path(str(row["media_url"]))
    assert (row["template"], row["attempts"], row["status"]) == ("api", 1, "completed")
    assert media.stat().st_size == done["size"] == row["size_bytes"]
    assert sha256_of(media) == row["media_sha256"]
    # Templates of other tests are hooks, which compose the room, too.
    asked = [one for one in listed(client, room) if one["roomreel"]["template"] == "api"]
    assert [one["sid"] for one in asked] == [made["sid"]]


def test_a_room_that_goes_on_is_composed_when_it_is_over(
    calls: Calls, client: httpx.Client
) -> None:
    room = calls.room("going on")
    manifest = calls.rooms / f"{room}.json"
    document = json.loads(manifest.read_text())
    going_on = {"sid": room, "unique_name": "going on", "status": "in-progress"}
    manifest.write_text(json.dumps(document | {"room": going_on}))
    sid = create(client, room)["sid"]
    time.sleep(3)
    assert fetch(client, sid)["status"] == "enqueued"
    manifest.write_text(json.dumps(document))
    assert wait_for_status(client, sid, "completed", "failed")["status"] == "completed"


@pytest.mark.soak
def test_a_request_and_a_night_of_the_same_template_both_compose(
    calls: Calls, client: httpx.Client, site: ServiceSite
) -> None:
    room = calls.room("both")
    first = create(client, room, Template="sound")["sid"]
    assert wait_for_status(client, first, "completed", "failed")["status"] == "completed"
    night(site)
    second = create(client, room, Template="sound")["sid"]
    assert wait_for_status(client, second, "completed", "failed")["status"] == "completed"
    made = {row["sid"]: row["template"] for row in calls.rows() if row["room_sid"] == room}
    assert len(made) == 3
    assert {*made.values()} == {"sound"}
    # The night's is listed, too.
    wait_for(lambda: {one["sid"] for one in listed(client, room)} == made.keys())


@pytest.mark.soak
def test_what_is_deleted_while_it_is_rendered_ends_soon_and_leaves_nothing(
    calls: Calls, client: httpx.Client
) -> None:
    calls.pictures("long.webm", 120)
    room = calls.room("long", "long.webm", "video")
    form = {"VideoLayout": GRID, "Resolution": "1280x720", "AudioSources": []}
    sid = create(client, room, **form)["sid"]
    wait_for_status(client, sid, "processing")
    wait_for(lambda: fetch(client, sid)["roomreel"]["percentage_done"])
    # However long it takes until the deletion is seen, they are at it.
    was = renders()
    assert was
    for render in was:
        render.suspend()
    assert client.delete(f"/Compositions/{sid}").status_code == 204
    assert fetch(client, sid)["status"] == "deleted"
    wait_for(lambda: not renders())
    assert client.delete(f"/Compositions/{sid}").status_code == 204
    [row] = rows(calls, sid)
    assert (row["status"], row["media_url"]) == ("deleted", None)
    assert list(calls.folder.rglob(f"{sid}*")) == []


def renders() -> list[psutil.Process]:
    """The children of this test that render."""
    ours = psutil.Process().children(recursive=True)
    found = []
    for each in ours:
        try:
            if "roomreel.process.child" in " ".join(each.cmdline()):
                found.append(each)
        except psutil.Error:
            continue
    return found


@pytest.mark.soak
def test_a_purged_composition_is_in_no_table_and_no_file(
    calls: Calls, client: httpx.Client, site: ServiceSite
) -> None:
    room = calls.room("purged")
    made = create(client, room)["sid"]
    assert wait_for_status(client, made, "completed", "failed")["status"] == "completed"
    assert client.delete(f"/Compositions/{made}").status_code == 204
    assert files_with(calls.folder / "store", made) != []
    retention = [sys.executable, "-P", "-c", CODE, "retention", "--config", str(calls.config)]
    now = {"ROOMREEL_RETENTION_DAYS": "0", "PREFECT_API_URL": site.prefect_api}
    done = subprocess.run(
        retention, env=site.environment | now, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert client.get(f"/Compositions/{made}").status_code == 404
    # What SQLite has changed is in its log until that is written back, at the latest at the end.
    site.stop()
    site.start()
    assert files_with(calls.folder / "store", made) == []


def files_with(store: Path, sid: str) -> list[Path]:
    """The files of a store that have a sid in them, but for Prefect's, which end by themselves."""
    files = [each for each in store.rglob("*") if each.is_file()]
    ours = [each for each in files if "prefect" not in each.relative_to(store).parts]
    return [each for each in ours if sid.encode() in each.read_bytes() or sid in each.name]


def test_the_readme_says_how_to_ask(calls: Calls, site: ServiceSite, client: httpx.Client) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    start, asks = [block for block in blocks if block.startswith(("roomreel serve", "account="))]
    # The site was started so, but for its ports.
    assert start == "roomreel serve --config roomreel-demo/roomreel.toml\n"
    here = {
        "roomreel-demo/roomreel.toml": str(calls.config),
        "roomreel-demo/store": str(calls.folder / "store"),
        "http://127.0.0.1:8080": site.url,
        "$(roomreel ": f"$({shlex.join([sys.executable, '-P', '-c', CODE])} ",
    }
    for written, meant in here.items():
        assert written in asks
        asks = asks.replace(written, meant)
    done = subprocess.run(
        ["/bin/sh", "-euc", asks], env=site.environment, capture_output=True, check=True
    )
    made = json.loads(done.stdout)
    assert wait_for_status(client, made["sid"], "completed", "failed")["roomreel"]["template"]


@pytest.mark.soak
def test_kills_lose_no_request(calls: Calls, client: httpx.Client, site: ServiceSite) -> None:
    rooms = [calls.room(f"kill-{number}") for number in range(6)]
    sids = [create(client, room)["sid"] for room in rooms]
    wait_for_status(client, sids[0], "processing", "completed")
    for each in site.family():
        words = " ".join(each.cmdline())
        if "flow_engine" in words or "flow-run" in words or "prefect.engine" in words:
            each.kill()
    site.kill()
    site.start()
    with site.client() as again:
        for sid in sids:
            done = wait_for_status(again, sid, "completed", "failed")
            assert done["status"] == "completed", done
    for sid in sids:
        [row] = rows(calls, sid)
        assert sha256_of(Path(str(row["media_url"]))) == row["media_sha256"]


def test_it_ends_in_order(site: ServiceSite, calls: Calls) -> None:
    family = site.family()
    assert site.process is not None
    site.process.send_signal(signal.SIGTERM)
    assert site.process.wait(300) == 0
    assert [each for each in family if each.is_running()] == []
    log = site.log.read_text()
    assert "Traceback" not in log
    assert next(calls.folder.rglob("account.json")).stat().st_mode & 0o777 == 0o600
