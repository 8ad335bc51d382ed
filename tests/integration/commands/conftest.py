"""Commands on a daemon of our own, one for each module."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jupyter_containers.client import Client, connect
from jupyter_containers.commands import table
from jupyter_containers.commands.parsing import parse
from jupyter_containers.commands.results import Result
from tests.support.daemon import Daemon
from tests.support.front_double import SessionOn
from tests.support.standing_daemon import api, daemon, tidy

__all__ = ["api", "daemon", "tidy"]

Do = Callable[..., Result]


@pytest.fixture
def client(daemon: Daemon, tidy: None) -> Iterator[Client]:
    with connect(daemon.host) as connected:
        yield connected


@pytest.fixture
def do(client: Client, tmp_path: Path) -> Do:
    """Run a command of the table as a notebook would, in a folder of the test's own; return its result."""

    def run(*words: str) -> Result:
        command = table.find(words[0], "magic")
        options = parse(command, words[1:], surface="magic", prog="x")
        result = command.action(SessionOn(client, folder=tmp_path), options)
        assert result is not None
        return result

    return run


@pytest.fixture
def box(do: Do) -> str:
    """A container that runs."""
    do("run", "-d", "--name", "box", "busybox", "sleep", "100")
    return "box"
