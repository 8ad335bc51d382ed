"""Compose commands on a daemon of our own, one for each module; after each test nothing of a project is left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_containers.client import Client, connect
from jupyter_containers.commands import table
from jupyter_containers.commands.parsing import parse
from tests.support.daemon import Daemon
from tests.support.front_double import SessionOn
from tests.support.standing_daemon import api, daemon, tidy

__all__ = ["api", "daemon", "tidy"]

Compose = Callable[..., Any]
PROJECT = "com.docker.compose.project"


@pytest.fixture
def client(daemon: Daemon, tidy: None) -> Iterator[Client]:
    with connect(daemon.host) as connected:
        yield connected


@pytest.fixture
def session(client: Client, tmp_path: Path) -> SessionOn:
    (tmp_path / "shop").mkdir()
    return SessionOn(client, folder=tmp_path / "shop")


@pytest.fixture
def compose(session: SessionOn, client: Client) -> Iterator[Compose]:
    """Run `compose …` as a cell of a notebook would, in a folder called shop; return its result."""

    def run(*words: str, body: str = "") -> Any:
        command = table.find("compose", "magic")
        options = parse(command, words, surface="magic", prog="x")
        session.body = body
        return command.action(session, options)

    yield run
    for one in client.containers.list(every=True, filters={"label": [PROJECT]}):
        client.containers.remove(one.id, force=True, volumes=True)
    for network in client.networks.list({"label": [PROJECT]}):
        client.networks.remove(network["Name"])
    for volume in client.volumes.list({"label": [PROJECT]}):
        client.volumes.remove(volume["Name"])
