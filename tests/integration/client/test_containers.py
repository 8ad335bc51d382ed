"""Tests of client.containers."""

from __future__ import annotations

import pytest

from jupyter_containers.client import Client
from jupyter_containers.client.run_settings import PublishedPort, RunSettings
from jupyter_containers.errors import Conflict, InvalidParameter, NotFound
from tests.support.eventually import eventually

SLEEP = RunSettings("busybox", ("sleep", "100"), name="sleeper", init=True)


def test_the_course_of_a_life(client: Client) -> None:
    id_ = client.containers.create(SLEEP)
    assert client.containers.list() == []
    assert client.containers.start("sleeper")
    assert not client.containers.start(id_)
    (found,) = client.containers.list()
    assert (found.id, found.name, found.image, found.state) == (id_, "sleeper", "busybox", "running")
    client.containers.pause("sleeper")
    client.containers.unpause("sleeper")
    client.containers.rename("sleeper", "renamed")
    assert client.containers.stop("renamed", timeout_seconds=5)
    assert not client.containers.stop("renamed")
    assert client.containers.inspect("renamed")["State"]["ExitCode"] == 143
    client.containers.remove("renamed")
    assert client.containers.list(every=True) == []


def test_the_end_can_be_waited_for(client: Client) -> None:
    id_ = client.containers.create(RunSettings("busybox", ("sh", "-c", "exit 7")))
    waiting = client.containers.wait(id_, "next-exit")
    client.containers.start(id_)
    assert waiting.result() == 7


def test_logs_keep_streams_apart(client: Client) -> None:
    id_ = client.containers.create(RunSettings("busybox", ("sh", "-c", "echo out; echo err >&2; echo more")))
    client.containers.start(id_)
    client.containers.wait(id_).result()
    logs = list(client.containers.logs(id_))
    assert b"".join(content for stream, content in logs if stream == 1) == b"out\nmore\n"
    assert b"".join(content for stream, content in logs if stream == 2) == b"err\n"
    assert len(list(client.containers.logs(id_, tail="1"))) == 1


def test_logs_of_a_terminal_have_no_frames(client: Client) -> None:
    id_ = client.containers.create(RunSettings("busybox", ("echo", "hi"), terminal=True))
    client.containers.start(id_)
    client.containers.wait(id_).result()
    assert b"".join(content for _, content in client.containers.logs(id_)) == b"hi\r\n"


def test_logs_follow_to_the_end(client: Client) -> None:
    id_ = client.containers.create(RunSettings("busybox", ("sh", "-c", "echo one; sleep 0.2; echo two")))
    client.containers.start(id_)
    assert b"".join(content for _, content in client.containers.logs(id_, follow=True)) == b"one\ntwo\n"


def test_published_ports_are_listed(client: Client) -> None:
    settings = RunSettings("busybox", ("sleep", "100"), ports=(PublishedPort.parse("127.0.0.1::80"),), init=True)
    id_ = client.containers.create(settings)
    client.containers.start(id_)
    (port,) = client.containers.list()[0].ports
    assert (port.container_port, port.host_ip) == (80, "127.0.0.1")
    assert port.host_port


def test_processes_and_signals(client: Client) -> None:
    id_ = client.containers.create(SLEEP)
    client.containers.start(id_)
    assert "sleep 100" in str(client.containers.top(id_)["Processes"])
    client.containers.kill(id_, "INT")
    assert eventually(lambda: client.containers.inspect(id_)["State"]["Status"] == "exited")
    assert client.containers.prune()["ContainersDeleted"] == [id_]


def test_errors_are_kinds(client: Client) -> None:
    with pytest.raises(NotFound, match="No such container: nope"):
        client.containers.inspect("nope")
    with pytest.raises(NotFound, match="No such image: nope:latest"):
        client.containers.create(RunSettings("nope"))
    client.containers.create(SLEEP)
    with pytest.raises(Conflict, match="sleeper"):
        client.containers.create(SLEEP)
    with pytest.raises(InvalidParameter, match="executable file not found"):
        client.containers.start(client.containers.create(RunSettings("busybox", ("nope",))))
