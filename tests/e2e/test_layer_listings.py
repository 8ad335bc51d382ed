"""Layers that mean harm, or are just large, listed by a daemon: it answers others meanwhile and keeps nothing."""

from __future__ import annotations

import json
import os
import socket

import pytest

from tests.support.api_client import Api
from tests.support.daemon import Daemon
from tests.support.docker_archive import docker_archive
from tests.support.eventually import eventually
from tests.support.tiny_image import image, layer

COUNT = 60_000
HOSTILE = {
    "a\nb": b"1", "<img src=x onerror=alert(1)>": b"2", '{"Layer":9}': b"3", "/".join(["d"] * 200): b"4",
    "\x1b[2J": b"5",
}  # fmt: skip


@pytest.fixture
def api(daemon: Daemon) -> Api:
    return Api(os.fspath(daemon.socket))


def loaded(api: Api, files: dict[str, bytes]) -> None:
    answer = api.request("POST", "/images/load", docker_archive({"many:1": image(layer(files))}))
    assert answer.status == 200, answer.content


def test_names_of_all_kinds_are_lines_of_their_own(api: Api) -> None:
    loaded(api, HOSTILE)
    lines = [json.loads(line) for line in api.get("/images/many:1/layers").content.splitlines()]
    assert {line["Path"] for line in lines if line.get("Kind") == "file"} == set(HOSTILE)
    assert [line["Layer"] for line in lines if "Layer" in line] == [0]


def test_who_goes_away_in_the_middle_leaves_room_for_others(api: Api) -> None:
    loaded(api, {f"some/folder/with/a/name/{number:08}": b"" for number in range(COUNT)})
    gone = []
    for _ in range(8):
        end = socket.socket(socket.AF_UNIX)
        end.connect(api.path)
        end.sendall(b"GET /v1.51/images/many:1/layers HTTP/1.1\r\nHost: d\r\n\r\n")
        assert b" 200 " in end.recv(100)
        gone.append(end)
    # Nobody reads these: others are told so at once, and all else is answered.
    refused = api.get("/images/many:1/layers")
    assert (refused.status, "ask again" in refused.json["message"]) == (503, True)
    assert api.get("/_ping").status == 200
    for end in gone:
        end.close()
    eventually(lambda: api.get("/images/many:1/layers?digests=1").status == 200)
    lines = api.get("/images/many:1/layers").content.splitlines()
    assert sum(b'"Kind":"file"' in line for line in lines) == COUNT
