"""Tests of client.runs: attached runs, and interrupts that reach the process."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from jupyter_containers.client import Client
from jupyter_containers.client.run_settings import ExecSettings, RunSettings
from jupyter_containers.client.runs import Outcome
from jupyter_containers.errors import InvalidParameter


class Kept:
    """Keeps output by stream; interrupts this process when a text comes."""

    def __init__(self, interrupt_at: bytes = b"") -> None:
        self.streams = {1: b"", 2: b""}
        self.interrupt_at = interrupt_at

    def __call__(self, stream: int, content: bytes) -> None:
        self.streams[stream] += content
        if self.interrupt_at and self.interrupt_at in content:
            os.kill(os.getpid(), signal.SIGINT)


def script(text: str, **options: object) -> RunSettings:
    return RunSettings("busybox", ("sh", "-c", text), **{"auto_remove": True, "init": True} | options)  # type: ignore[arg-type]


def test_a_run_has_output_a_code_and_times(client: Client) -> None:
    kept = Kept()
    outcome = client.runs.run(script("echo out; echo err >&2; sleep 0.1; exit 3"), kept)
    assert (kept.streams, outcome.exit_code, outcome.out_of_memory) == ({1: b"out\n", 2: b"err\n"}, 3, False)
    assert 0.1 <= (outcome.finished_at - outcome.started_at).total_seconds() < 5
    assert client.containers.list(every=True) == []


def test_input_much_larger_than_any_buffer_passes_through(client: Client) -> None:
    content, kept = os.urandom(4_000_000), Kept()
    outcome = client.runs.run(RunSettings("busybox", ("cat",), auto_remove=True, stdin=True), kept, stdin=content)
    assert outcome.exit_code == 0
    assert kept.streams[1] == content


def test_a_process_killed_at_its_memory_limit_is_told(client: Client) -> None:
    outcome = client.runs.run(script("tail /dev/zero", memory_bytes=16 << 20), Kept())
    assert (outcome.exit_code, outcome.out_of_memory) == (137, True)


def test_a_command_that_is_not_there_leaves_no_container(client: Client) -> None:
    with pytest.raises(InvalidParameter, match="executable file not found"):
        client.runs.run(RunSettings("busybox", ("nope",)), Kept())
    assert client.containers.list(every=True) == []


def test_an_interrupt_reaches_the_process_and_its_last_words_are_heard(client: Client) -> None:
    kept = Kept(b"ready")
    outcome = client.runs.run(script("trap 'echo caught; exit 9' INT; echo ready; while :; do sleep 0.05; done"), kept)
    assert (kept.streams[1], outcome.exit_code, outcome.interrupts) == (b"ready\ncaught\n", 9, 1)
    assert client.containers.list(every=True) == []


def test_a_command_without_a_handler_ends_at_the_first_interrupt(client: Client) -> None:
    outcome = client.runs.run(script("echo ready; exec sleep 100"), Kept(b"ready"))
    assert outcome.exit_code == 130


def test_one_that_ignores_the_first_is_killed_by_the_second(client: Client) -> None:
    kept = Kept(b"ready")
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
    outcome = client.runs.run(script("trap '' INT; echo ready; sleep 100"), kept)
    assert (outcome.exit_code, outcome.interrupts) == (137, 2)
    assert client.containers.list(every=True) == []


def test_a_container_that_is_to_stay_stays(client: Client) -> None:
    outcome = client.runs.run(script("exit 1", auto_remove=False, name="stays"), Kept())
    assert [c.name for c in client.containers.list(every=True)] == ["stays"]
    assert outcome.container_id == client.containers.list(every=True)[0].id


def run_exec(client: Client, command: tuple[str, ...], kept: Kept, stdin: bytes | None = None) -> Outcome:
    id_ = client.containers.create(RunSettings("busybox", ("sleep", "100"), init=True))
    client.containers.start(id_)
    return client.runs.run_exec(id_, ExecSettings(command, stdin=stdin is not None), kept, stdin=stdin)


def test_an_exec_has_output_and_a_code(client: Client) -> None:
    kept = Kept()
    assert run_exec(client, ("sh", "-c", "cat; exit 5"), kept, stdin=b"x").exit_code == 5
    assert kept.streams[1] == b"x"


def test_an_interrupt_reaches_an_exec(client: Client) -> None:
    outcome = run_exec(client, ("sh", "-c", "echo ready; exec sleep 100"), Kept(b"ready"))
    assert (outcome.exit_code, outcome.interrupts) == (130, 1)
