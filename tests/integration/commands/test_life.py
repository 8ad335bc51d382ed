"""Tests of commands.life."""

from __future__ import annotations

import pytest

from jupyter_containers.client import Client
from jupyter_containers.commands.parsing import UsageError
from jupyter_containers.errors import InvalidParameter
from tests.integration.commands.conftest import Do


def test_a_container_is_frozen_and_goes_on(do: Do, client: Client, box: str) -> None:
    assert do("pause", box).text() == "paused box"
    assert client.containers.inspect(box)["State"]["Status"] == "paused"
    do("unpause", box)
    assert client.containers.inspect(box)["State"]["Status"] == "running"


def test_a_container_is_started_again(do: Do, client: Client, box: str) -> None:
    before = client.containers.inspect(box)["State"]["Pid"]
    assert do("restart", "-t", "0", box).text() == "restarted box"
    assert client.containers.inspect(box)["State"]["Pid"] not in (0, before)


def test_the_exit_code_is_told(do: Do, client: Client) -> None:
    do("run", "-d", "--name", "ends", "busybox", "sh", "-c", "exit 7")
    assert do("wait", "ends").text() == "7"


def test_a_container_gets_another_name(do: Do, client: Client, box: str) -> None:
    assert do("rename", box, "other").text() == "box is called other now"
    assert client.containers.inspect("other")["Name"] == "/other"


def test_limits_change(do: Do, client: Client, box: str) -> None:
    do("update", "--pids-limit", "50", "--restart", "on-failure:3", box)
    host = client.containers.inspect(box)["HostConfig"]
    assert (host["PidsLimit"], host["RestartPolicy"]) == (50, {"Name": "on-failure", "MaximumRetryCount": 3})
    with pytest.raises(UsageError, match="what shall change"):
        do("update", box)
    with pytest.raises(InvalidParameter, match="invalid restart policy 'on-failure:x'"):
        do("update", "--restart", "on-failure:x", box)
