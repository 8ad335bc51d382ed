"""Tests of client.execs."""

from __future__ import annotations

import subprocess
import sys

import pytest

from jupyter_containers.client import Client
from jupyter_containers.client.run_settings import ExecSettings, RunSettings
from jupyter_containers.errors import NotFound
from tests.support.eventually import eventually


@pytest.fixture
def container(client: Client) -> str:
    id_ = client.containers.create(RunSettings("busybox", ("sleep", "100"), init=True))
    client.containers.start(id_)
    return id_


def test_a_process_has_streams_and_a_code(client: Client, container: str) -> None:
    id_ = client.execs.create(container, ExecSettings(("sh", "-c", "cat; echo err >&2; exit 4"), stdin=True))
    with client.execs.start(id_) as stream:
        pieces = list(stream.exchange(b"in\n"))
    assert b"".join(content for kind, content in pieces if kind == 1) == b"in\n"
    assert b"".join(content for kind, content in pieces if kind == 2) == b"err\n"
    assert client.execs.inspect(id_)["ExitCode"] == 4


def test_a_process_may_be_let_go(client: Client, container: str) -> None:
    id_ = client.execs.create(container, ExecSettings(("true",), detached=True))
    client.execs.start_detached(id_)
    assert eventually(lambda: client.execs.inspect(id_)["Running"] is False)


def test_a_signal_reaches_the_process(client: Client, container: str) -> None:
    id_ = client.execs.create(container, ExecSettings(("sleep", "100")))
    with client.execs.start(id_) as stream:
        assert client.execs.signal(id_, "INT")
        assert list(stream.exchange()) == []
    assert client.execs.inspect(id_)["ExitCode"] == 130
    assert not client.execs.signal(id_, "INT")


def test_an_unknown_container_is_told(client: Client) -> None:
    with pytest.raises(NotFound):
        client.execs.create("nope", ExecSettings(("true",)))


ELSEWHERE = """
import sys
from jupyter_containers.client import connect
from jupyter_containers.client.run_settings import ExecSettings
from jupyter_containers.errors import Unsupported
with connect(sys.argv[1]) as client:
    try:
        client.runs.run_exec(sys.argv[2], ExecSettings(("touch", "/begun")), print, timeout_seconds=9)
    except Unsupported as error:
        print(error)
"""


def test_a_time_limit_that_cannot_be_kept_is_refused_before_anything_runs(client: Client, container: str) -> None:
    # Who has other pids is as far from the process as another machine.
    command = ["unshare", "--pid", "--fork", "--mount-proc", sys.executable, "-c", ELSEWHERE]
    words = subprocess.run([*command, str(client.address), container], capture_output=True, text=True, check=True)
    assert words.stdout.startswith(f"a time limit for a process in {container}: it cannot be killed from here")
    assert client.containers.changes(container) == []
    assert client.execs.can_signal(container)
