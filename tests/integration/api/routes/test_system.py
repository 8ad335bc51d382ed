"""Routes of the daemon itself: ping, version, info, events."""

from __future__ import annotations

import json
import os
import time

import pytest

from tests.support.api_client import Api
from tests.support.daemon import Daemon

pytestmark = pytest.mark.needs("root", "overlay")


def test_ping_tells_what_the_docker_cli_looks_for(api: Api) -> None:
    answer = api.get("/_ping")
    assert (answer.status, answer.content) == (200, b"OK")
    assert answer.headers["Api-Version"] == "1.51"
    assert answer.headers["Builder-Version"] == "1"
    assert answer.headers["Ostype"] == "linux"
    head = api.request("HEAD", "/_ping")
    assert (head.status, head.content) == (200, b"")


def test_version_and_info_agree(api: Api, daemon: Daemon) -> None:
    version, info = api.get("/version").json, api.get("/info").json
    assert version["Version"] == info["ServerVersion"]
    assert version["KernelVersion"] == info["KernelVersion"] == os.uname().release
    assert info["DockerRootDir"] == str(daemon.data)
    assert info["Images"] == len(api.get("/images/json").json)
    container = api.run("sleep", "1000")
    info = api.get("/info").json
    assert (info["Containers"], info["ContainersRunning"]) == (1, 1)
    api.remove(container)


def events(api: Api, **query: object) -> list[tuple[str, str]]:
    content = api.get("/events", since="1", until=f"{time.time():.6f}", **query).content
    return [(line["Type"], line["Action"]) for line in map(json.loads, content.splitlines())]


def test_events_are_kept_and_filtered(api: Api) -> None:
    api.post("/volumes/create", {"Name": "told"})
    api.delete("/volumes/told")
    assert events(api, filters={"volume": ["told"]}) == [("volume", "create"), ("volume", "destroy")]
    assert events(api, filters={"volume": ["told"], "event": ["destroy"]}) == [("volume", "destroy")]
    assert events(api, filters={"type": ["network"]}) == []
    assert ("image", "import") in events(api, filters={"type": ["image"]})


@pytest.mark.parametrize("query", [{"since": "yesterday"}, {"filters": {"colour": ["red"]}}, {"filters": "[]"}])
def test_a_question_that_makes_no_sense_is_refused_at_once(api: Api, query: dict[str, object]) -> None:
    assert api.get("/events", **query).status == 400
