"""Routes of the daemon itself: ping, version, info."""

from __future__ import annotations

import os

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
