"""Tests of magics.consoles: which front ends are told what they print once. With a real one: test_console.py."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from jupyter_client.session import Session

from jupyter_containers.magics.consoles import is_asked_by_console, is_console


def asked(message: str, *, can_ask: bool = True) -> Any:
    return SimpleNamespace(get_parent=lambda: {"header": {"msg_id": message}}, _allow_stdin=can_ask)


@pytest.fixture
def console() -> Iterator[int]:
    """A process that is called like one, and waits for its standard input to end."""
    command = [sys.executable, "-c", "print(flush=True); input()", "/some/where/jupyter-console"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None and process.stdout is not None
        # Before it says something it may have no words yet.
        process.stdout.readline()
        yield process.pid
        process.stdin.write(b"\n")


def test_the_process_in_a_message_is_looked_at(console: int) -> None:
    assert is_asked_by_console(asked(f"0a1b-2c3d_{console}_7"))
    assert not is_asked_by_console(asked(f"0a1b-2c3d_{os.getpid()}_7"))


def test_one_that_is_elsewhere_is_a_console_if_somebody_can_be_asked() -> None:
    assert is_asked_by_console(asked("0a1b-2c3d_4194399_7"))
    assert not is_asked_by_console(asked("0a1b-2c3d_4194399_7", can_ask=False))


def test_jupyter_client_writes_its_process_into_its_messages() -> None:
    assert f"_{os.getpid()}_" in Session(key=b"").msg_header("execute_request")["msg_id"]


def test_browsers_and_what_is_no_kernel_are_none() -> None:
    assert not is_asked_by_console(asked("3d4f1c7e-8d5c-4e0b-9a35-1f9f3f6d2a11"))
    assert not is_asked_by_console(SimpleNamespace(get_parent=dict))
    assert not is_asked_by_console(object())
    assert not is_asked_by_console(None)


@pytest.mark.parametrize(
    "line", ["/usr/bin/python3 /usr/bin/jupyter-console --existing", "python -m jupyter_console", "jupyter-qtconsole"]
)
def test_a_console_is_known_by_the_words_that_start_it(line: str) -> None:
    assert is_console(line.split())


@pytest.mark.parametrize("line", ["python3 -m papermill a b", "/usr/bin/jupyter-lab", "python a b c d qtconsole", ""])
def test_others_are_not(line: str) -> None:
    assert not is_console(line.split())
