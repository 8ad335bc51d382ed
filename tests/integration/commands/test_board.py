"""A board over a real daemon."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from jupyter_containers.client import Client, connect
from jupyter_containers.commands.board import Board, points
from jupyter_containers.errors import NotFound
from tests.support.api_client import Api
from tests.support.daemon import Daemon
from tests.support.eventually import eventually


@pytest.fixture
def client(daemon: Daemon, tidy: None) -> Iterator[Client]:
    with connect(daemon.host) as client:
        yield client


def test_it_has_all_or_those_that_are_named_and_asks_for_the_list_when_something_changes(
    client: Client, api: Api
) -> None:
    web, other = api.run("sleep", "60", name="web"), api.create("true", name="other")
    board, some = Board(client), Board(client, ["web"])
    assert board.refresh()
    assert some.refresh()
    assert [line.summary.id for line in board.lines] == [other, web]
    assert [line.summary.name for line in some.lines] == ["web"]
    assert board.find(web).memory_bytes
    assert board.find(other).memory_bytes is None
    assert eventually(lambda: not board.refresh() and points(board.find(web).history))
    api.post(f"/containers/{web}/pause")
    assert board.refresh()
    assert board.find(web).summary.state == "paused"
    api.post(f"/containers/{web}/unpause")
    api.remove(web)
    assert board.refresh()
    with pytest.raises(NotFound, match=web[:12]):
        board.find(web)
    with pytest.raises(NotFound, match="nosuch"):
        Board(client, ["nosuch"])
