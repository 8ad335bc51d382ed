"""Run steps in forked children, where they may change namespaces, capabilities or filters for good."""

from __future__ import annotations

import json
import os
import signal
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from jupyter_containers.linux import namespaces


def answer_of(step: Callable[[], Any], *, flags: int = 0, before: Callable[[int], None] | None = None) -> Any:
    """Run `step` in a child made with these CLONE_NEW… flags, and return its answer (JSON values).

    An OSError of the step is an answer, too: {"errno": …, "text": …}. Anything else fails the test with the child's
    traceback, as does a child that is killed. `before(pid)` runs in the parent first.
    """
    read_fd, write_fd = os.pipe()
    gate_fd, open_fd = os.pipe()
    pid = namespaces.clone(flags)
    if pid == 0:
        os.close(open_fd)
        os.read(gate_fd, 1)
        _report(step, write_fd)
    os.close(write_fd)
    os.close(gate_fd)
    try:
        if before:
            before(pid)
    finally:
        os.close(open_fd)
        with os.fdopen(read_fd) as answer:
            text = answer.read()
        _, status = os.waitpid(pid, 0)
    assert text, f"the child ended without an answer: {os.waitstatus_to_exitcode(status)}"
    outcome = json.loads(text)
    assert "failure" not in outcome, outcome["failure"]
    return outcome["answer"]


def exit_of(step: Callable[[], Any]) -> int:
    """Run `step` in a child and return its exit status, negative for a signal."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            step()
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@contextmanager
def waiting_child(step: Callable[[], Any] | None = None) -> Iterator[int]:
    """Give the pid of a child that has run `step` and waits until the block is left, when it is killed and reaped."""
    ready_fd, write_fd = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            if step:
                step()
            os.write(write_fd, b"1")
            while True:
                signal.pause()
        finally:
            os._exit(1)
    os.close(write_fd)
    try:
        assert os.read(ready_fd, 1) == b"1", "the child could not start"
        yield pid
    finally:
        os.close(ready_fd)
        try:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        except (ProcessLookupError, ChildProcessError):
            pass  # the test has seen to it


def _report(step: Callable[[], Any], write_fd: int) -> None:
    try:
        try:
            outcome = {"answer": step()}
        except OSError as error:
            outcome = {"answer": {"errno": error.errno, "text": error.strerror}}
        except BaseException:  # noqa: BLE001 - the child has nobody above it to tell
            outcome = {"failure": traceback.format_exc()}
        os.write(write_fd, json.dumps(outcome).encode())
    finally:
        os._exit(0)


def own_children() -> set[int]:
    """Return the pids of this process's children, ended ones that nobody has reaped among them.

    Fixtures of a wider scope, such as a daemon for the whole session, have theirs: compare before and after.
    """
    found = set()
    for name in filter(str.isdecimal, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", "rb") as file:
                parent = int(file.read().rpartition(b")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
        if parent == os.getpid():
            found.add(int(name))
    return found
