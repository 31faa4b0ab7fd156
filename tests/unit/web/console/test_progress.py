"""Live progress: streams that tell of changes, end when they should, and are few."""

from __future__ import annotations

import asyncio
import socket
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import httpx
import pytest

from roomreel.model.table import Table
from roomreel.service.access.sessions import IDLE, find_session
from roomreel.service.database.tables import REQUESTS
from roomreel.web.console import progress
from roomreel.web.envelope import ApiError
from roomreel.web.server import Listening, serving

sys.path.insert(0, str(Path(__file__).parents[3] / "servers"))
from api_in_process import HOST, Api, empty_api, recording
from console_visit import Visit, signed_in, words_of
from planned import SID, publish_planned

HERE = f"/console/compositions/{SID}"


def make(folder: Path, port: int = 8765) -> Iterator[Api]:
    with empty_api(folder, port) as api:
        api.room(0)
        api.record(Table.RECORDINGS, *(recording(0, kind) for kind in ("audio", "video")))
        publish_planned(api)
        api.look()
        yield api


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    yield from make(tmp_path)


def asked_for(api: Api, visit: Visit) -> str:
    answer = visit.post(f"{HERE}/again", {"template": "grid"})
    return answer.headers["location"].rpartition("/")[2]


def secret_of(visit: Visit) -> str:
    return next(value for name, value in visit.client.cookies.items() if "roomreel" in name)


def test_progress_is_told_until_it_ends(api, visit, monkeypatch):
    monkeypatch.setattr(progress, "LOOK_S", 0.01)
    sid = asked_for(api, visit)

    async def follow() -> None:
        events = progress._events(api.service, sid, secret_of(visit))
        assert await anext(events) == b"event: changed\ndata: changed\n\n"
        assert await anext(events) == b":\n\n"
        with api.service.database.write() as connection:
            mine = REQUESTS.update().where(REQUESTS.c.sid == sid)
            connection.execute(mine.values(status="processing", percentage_done=40))
        assert b"changed" in await anext(events)
        assert "40 % so far" in words_of(visit.get(f"/console/compositions/{sid}"))
        with api.service.database.write() as connection:
            connection.execute(mine.values(status="deleted"))
        assert [one async for one in events] == [b"event: done\ndata: done\n\n"]

    asyncio.run(follow())


def test_a_stream_ends_with_its_session(api, visit, monkeypatch):
    monkeypatch.setattr(progress, "LOOK_S", 0.01)
    monkeypatch.setattr(progress, "SESSION_S", 0.0)
    sid, secret = asked_for(api, visit), secret_of(visit)

    async def follow() -> None:
        events = progress._events(api.service, sid, secret)
        assert b"changed" in await anext(events)
        visit.post("/console/sign-out")
        assert [one async for one in events][-1] == b"event: done\ndata: done\n\n"

    asyncio.run(follow())


def test_a_stream_keeps_no_session_alive(api, visit):
    began, secret = datetime.now(UTC), secret_of(visit)
    find = partial(find_session, api.service.database, api.account, secret)
    for minutes in range(0, 60, 10):
        assert find(began + timedelta(minutes=minutes), is_used=False)
    assert not find(began + IDLE + timedelta(minutes=1))


def test_a_stream_ends_with_the_service_and_after_a_time(api, visit, monkeypatch):
    monkeypatch.setattr(progress, "LOOK_S", 0.01)
    sid = asked_for(api, visit)

    async def follow() -> list[bytes]:
        events = progress._events(api.service, sid, secret_of(visit))
        return [one async for one in events]

    monkeypatch.setattr(progress, "LONGEST_S", 0.05)
    assert asyncio.run(follow())[0] == b"event: changed\ndata: changed\n\n"
    monkeypatch.setattr(progress, "LONGEST_S", 600)
    api.service.ends.set()
    assert asyncio.run(follow()) == []


def test_a_session_follows_a_few_at_a_time():
    streams = progress.Streams()
    with ExitStack() as opened:
        for _ in range(progress.MOST_STREAMS):
            opened.enter_context(streams.one_more("a"))
        with pytest.raises(ApiError, match="follows 4 compositions"), streams.one_more("a"):
            pass
        opened.enter_context(streams.one_more("b"))
    with streams.one_more("a"):
        pass


def test_no_more_than_those_get_in_when_many_come_at_once(api, visit, monkeypatch):
    most, asked = progress.MOST_STREAMS, 3 * progress.MOST_STREAMS
    sid = asked_for(api, visit)

    async def ask() -> list[int]:
        end = asyncio.Event()

        async def events(*_: object) -> AsyncIterator[bytes]:
            await end.wait()
            yield b"event: done"

        monkeypatch.setattr(progress, "_events", events)
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(api.app),
            base_url=api.service.url,
            cookies=dict(visit.client.cookies),
        )
        async with client, asyncio.timeout(60):
            path = f"/console/compositions/{sid}/progress"
            streams = [asyncio.create_task(client.get(path)) for _ in range(asked)]
            codes = []
            for one in asyncio.as_completed(streams):
                codes.append((await one).status_code)
                if len(codes) == asked - most:
                    end.set()
            return codes

    for _ in range(2):
        assert sorted(asyncio.run(ask())) == [200] * most + [429] * (asked - most)


def test_what_is_done_has_a_stream_that_ends_at_once(api, visit):
    got = visit.get(f"{HERE}/progress")
    assert got.headers["content-type"].startswith("text/event-stream")
    assert got.text == "event: done\ndata: done\n\n"


def test_open_compositions_follow_themselves(api, visit):
    sid = asked_for(api, visit)
    page = visit.get(f"/console/compositions/{sid}").text
    assert f'sse-connect="/console/compositions/{sid}/progress"' in page
    assert "htmx-sse" in page
    assert "sse-connect" not in visit.get(HERE).text


def test_who_leaves_makes_room_for_others(tmp_path, monkeypatch):
    monkeypatch.setattr(progress, "LOOK_S", 0.01)
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    for api in make(tmp_path, port):
        with signed_in(api) as visit, serving(api.app, Listening(HOST, port)):
            path = f"/console/compositions/{asked_for(api, visit)}/progress"
            cookies = {"roomreel": secret_of(visit)}
            with httpx.Client(base_url=api.service.url, cookies=cookies, timeout=30) as client:
                # A stream whose bytes nobody reads any more is closed.
                kept: list[Iterator[bytes]] = []
                with ExitStack() as opened:
                    for _ in range(progress.MOST_STREAMS):
                        stream = opened.enter_context(client.stream("GET", path))
                        kept.append(stream.iter_bytes())
                        assert next(kept[-1]).startswith(b"event: changed")
                    with client.stream("GET", path) as refused:
                        assert refused.status_code == 429
                until = time.monotonic() + 120
                while time.monotonic() < until:
                    with client.stream("GET", path) as stream:
                        if stream.status_code == 200:
                            break
                assert stream.status_code == 200
