"""Hundreds of streams at once: all get everything, others are not held up, and nothing of them stays."""

from __future__ import annotations

import os
import resource
import selectors
import socket
import time
from collections.abc import Iterator

import pytest

from tests.support.api_client import Api, frames
from tests.support.daemon import Daemon
from tests.support.eventually import eventually

pytestmark = pytest.mark.usefixtures("unharmed")

STREAMS = 300
LINES = 200


@pytest.fixture
def api(standing: Daemon) -> Api:
    return Api(os.fspath(standing.socket))


@pytest.fixture(autouse=True)
def many_files() -> Iterator[None]:
    """Let this process have as many connections."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def opened(api: Api, method: str, path: str, *headers: str) -> socket.socket:
    end = socket.socket(socket.AF_UNIX)
    end.settimeout(30)
    end.connect(api.path)
    end.sendall(
        "\r\n".join([f"{method} /v1.51{path} HTTP/1.1", "Host: d", *headers, "Content-Length: 0", "", ""]).encode()
    )
    return end


def collected(ends: list[socket.socket], until: bytes) -> list[bytes]:
    """Read all of them at once, until each has had the text."""
    contents = dict.fromkeys(ends, b"")
    with selectors.DefaultSelector() as selector:
        for end in ends:
            selector.register(end, selectors.EVENT_READ)
        while selector.get_map():
            ready = selector.select(30)
            assert ready, f"{len(selector.get_map())} streams are silent"
            for key, _ in ready:
                end = key.fileobj
                assert isinstance(end, socket.socket)
                received = end.recv(1 << 16)
                contents[end] += received
                assert received, contents[end][-200:]
                if until in contents[end]:
                    selector.unregister(end)
    return [*contents.values()]


def test_three_hundred_streams_get_all_while_others_are_answered(api: Api) -> None:
    before = api.get("/info").json
    container = api.run(
        "sh", "-c", f"read go; for n in $(seq {LINES}); do echo line $n; done; echo the end; sleep 600", OpenStdin=True
    )
    third = STREAMS // 3
    logs = [opened(api, "GET", f"/containers/{container}/logs?follow=1&stdout=1") for _ in range(third)]
    upgrade = ("Connection: Upgrade", "Upgrade: tcp")
    query = f"/containers/{container}/attach?stream=1&stdout=1"
    attached = [opened(api, "POST", query, *upgrade) for _ in range(third)]
    events = [opened(api, "GET", f'/events?filters={{"container":["{container}"]}}') for _ in range(third)]
    try:
        for end in (*attached, *events):
            assert b" 101 " in (head := end.recv(1 << 16)) or b" 200 " in head
        starter = api.hijack(f"/containers/{container}/attach", stream=1, stdin=1)
        starter.send(b"go\n")
        started = time.monotonic()
        assert api.get("/_ping").content == b"OK"
        assert time.monotonic() - started < 1
        expected = b"".join(b"line %d\n" % n for n in range(1, LINES + 1)) + b"the end\n"
        for content in collected(attached, b"the end\n"):
            assert b"".join(payload for _, payload in frames(content)) == expected
        for content in collected(logs, b"the end\n"):
            assert content.count(b"line ") == LINES
        starter.close()
        api.post(f"/containers/{container}/kill")
        for content in collected(events, b'"Action":"die"'):
            assert content.count(b'"Action":"kill"') == 1
    finally:
        for end in (*logs, *attached, *events):
            end.close()
        api.remove(container)
    eventually(lambda: all(_left(api, before, name) <= 0 for name in ("NFd", "NGoroutines")), within_seconds=10)


def _left(api: Api, before: dict[str, int], name: str) -> int:
    return int(api.get("/info").json[name]) - before[name]


def test_three_hundred_idle_connections_hold_up_nobody(api: Api) -> None:
    before = api.get("/info").json["NFd"]
    idle = [opened(api, "GET", "/_ping") for _ in range(STREAMS)]
    try:
        assert all(b" 200 " in end.recv(1 << 16) for end in idle)
        times = []
        for _ in range(100):
            started = time.perf_counter()
            assert api.get("/_ping").content == b"OK"
            times.append(time.perf_counter() - started)
        assert sorted(times)[50] < 0.01
        assert api.get("/info").json["NFd"] >= before + STREAMS
    finally:
        for end in idle:
            end.close()
    eventually(lambda: api.get("/info").json["NFd"] <= before)
