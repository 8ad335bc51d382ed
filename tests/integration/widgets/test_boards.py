"""What a view of containers sends to the browser, while it can be seen and while it cannot."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_containers.client import Client, connect
from jupyter_containers.commands.board import Board
from jupyter_containers.widgets import boards
from jupyter_containers.widgets.boards import BoardView, board_of
from tests.support.api_client import Api
from tests.support.daemon import Daemon, running_daemon
from tests.support.eventually import eventually


class Probe(BoardView):
    """Keeps what it would have sent."""

    def __init__(self, board: Board) -> None:
        super().__init__(board)
        self.sent: list[Any] = []

    def send(self, content: Any, buffers: Any = None) -> None:
        self.sent.append(content)

    def looked(self) -> list[Any]:
        return [message for message in self.sent if message.get("event") == "looked"]


@pytest.fixture
def view(client: Client, monkeypatch: pytest.MonkeyPatch) -> Iterator[Probe]:
    monkeypatch.setattr(boards, "INTERVAL_SECONDS", 0.05)
    view = Probe(Board(client))
    yield view
    view.settle()


def told(view: Probe, is_seen: bool) -> None:
    """Say what the browser says."""
    view._take(view, {"call": "visible", "with": {"is": is_seen}}, [])


def test_whether_it_is_seen_is_known_in_the_order_in_which_it_is_told(view: Probe) -> None:
    for is_seen in (True, False) * 20:
        told(view, is_seen)
        assert view._is_visible is is_seen
    view.actions()["begin"]({})
    assert view._is_visible is False


def test_it_begins_with_everything_and_goes_on_with_what_is_new(view: Probe, api: Api) -> None:
    web = api.run("sleep", "60", name="web", host={"Memory": 64 << 20})
    told(view, True)
    begun = view.actions()["begin"]({})
    [line] = begun["lines"]
    assert (line["name"], line["state"], line["memoryLimit"]) == ("web", "running", 64 << 20)
    assert begun["kept"] is True
    first = eventually(lambda: [message for message in view.looked() if message["points"]])[0]
    assert first["lines"] is None
    assert first["points"][web][-1][0] > max([0, *(point[0] for point in begun["points"][web])])
    api.post(f"/containers/{web}/kill")
    changed = eventually(lambda: [message["lines"] for message in view.looked() if message["lines"]])
    assert changed[-1][0]["state"] in ("running", "exited")
    assert view.actions()["course"]({"id": web})["points"]


def test_out_of_sight_nothing_is_asked(view: Probe, api: Api) -> None:
    api.run("sleep", "60", name="web")
    told(view, True)
    view.actions()["begin"]({})
    eventually(view.looked)
    told(view, False)
    view._look = pytest.fail  # type: ignore[method-assign, assignment]
    # What was under way has ended when a second thread has had the lock; then nothing more may come.
    with view.lock:
        seen = len(view.sent)
    assert view.ended.wait(0.5) is False
    assert len(view.sent) <= seen + 1


def test_a_daemon_that_goes_is_told_and_one_that_comes_back_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boards, "INTERVAL_SECONDS", 0.05)
    monkeypatch.setattr(boards, "RETRY_SECONDS", 0.05)
    with running_daemon(tmp_path) as daemon, connect(daemon.host) as client:
        view = Probe(Board(client))
        told(view, True)
        view.actions()["begin"]({})
        eventually(view.looked)
        daemon.stop()
        eventually(lambda: any(message.get("event") == "lost" for message in view.sent))
        view.sent.clear()
        daemon.start()
        assert eventually(view.looked)[-1]["now"] > 0
        view.settle()


def test_without_a_client_it_asks_the_daemon_of_the_environment(
    daemon: Daemon, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", daemon.host)
    assert str(board_of(None, ()).client.address) == daemon.host
    assert board_of(client, ()).client is client
