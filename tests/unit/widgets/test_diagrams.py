"""Tests of widgets.diagrams; what is lit and clicked is in tests/browser/test_diagrams.py."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_containers.client.addresses import Address
from jupyter_containers.commands.diagram import Diagram
from jupyter_containers.commands.trace_result import Call, Process, Request, Trace
from jupyter_containers.errors import Unavailable
from jupyter_containers.widgets import diagrams
from jupyter_containers.widgets.choice import view_of
from jupyter_containers.widgets.diagrams import DiagramView
from tests.support.front_double import SessionOn

CALL = Call("inside", "step", "clone", ("CLONE_NEWPID",), "0", 3)
REQUEST = Request("GET", "/v1.51/info", 200, 1000, 0, 0)


class Telling(DiagramView):
    """Keeps what it would have sent."""

    def __init__(self, panel: Diagram) -> None:
        self.sent: list[Any] = []
        super().__init__(panel)

    def send(self, content: Any, buffers: Any = None) -> None:
        self.sent.append(content)


def test_a_saved_trace_is_steps_and_nothing_is_watched() -> None:
    trace = Trace("run x", "", (REQUEST,), (Process("container", "1", "web", (CALL,)),))
    view = view_of(Diagram(replayed=trace))
    assert isinstance(view, DiagramView)
    assert [step[0] for step in view.steps] == ["client", "daemon", "namespaces"]
    assert view.title == "trace of run x"
    view.begin()
    assert view._thread is None
    view.settle()


def test_a_live_one_sees_what_the_session_does_until_it_ends(tmp_path: Path) -> None:
    session = SessionOn(SimpleNamespace(address=Address(tmp_path / "nobody")))
    view = Telling(Diagram(session))
    assert view.steps == []
    view.begin()
    assert len(session.watchers) == 1
    session.watchers[0].saw_request(REQUEST)
    lights = [message["lights"] for message in view.sent if message.get("event") == "lights"]
    assert [[light[0] for light in told] for told in lights] == [["client", "daemon"]]
    missed = view.actions()["hello"]({})
    assert (missed["first"], [light[0] for light in missed["lights"]]) == (0, ["client", "daemon"])
    view.settle()
    assert session.watchers == []


def test_a_daemon_that_does_not_answer_once_is_asked_again_from_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = SessionOn(SimpleNamespace(address=Address(tmp_path / "nobody")))
    panel, asked, seen = Diagram(session), list[str](), list[Any]()
    view = Telling(panel)

    def events(since: str, until: str) -> Any:
        asked.append(since)
        if len(asked) == 1:
            raise Unavailable("it is started again")
        view.ended.set()
        return ["an event"]

    monkeypatch.setattr(diagrams, "POLL_SECONDS", 0)
    monkeypatch.setattr(panel, "saw_event", seen.append)
    client: Any = SimpleNamespace(system=SimpleNamespace(events=events), close=lambda: None)
    view._client = client
    view.watch()
    assert (len(asked), asked[0] == asked[1], seen) == (2, True, ["an event"])
