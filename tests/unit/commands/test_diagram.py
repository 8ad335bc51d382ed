"""The diagram as a value: what was lit, in order, and each part's last call."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from jupyter_containers.client.values import Event, moment
from jupyter_containers.commands import parsing
from jupyter_containers.commands.diagram import KEPT_LIGHTS, Diagram
from jupyter_containers.commands.diagram_parts import Light
from jupyter_containers.commands.trace_result import Call, Process, Request, Trace
from jupyter_containers.commands.tracing import DIAGRAM
from tests.support.front_double import SessionOn

CALL = Call("inside", "step", "clone", ("CLONE_NEWPID",), "0", 3)
PROCESS = Process("container", "1", "web", (CALL,))
REQUEST = Request("GET", "/v1.51/info", 200, 1000, 0, 0)


def test_it_begins_with_nothing() -> None:
    found = Diagram()
    assert found.text() == found.summary() == "diagram: nothing has happened yet"


def test_what_happens_is_kept_in_order_with_the_last_of_each_part() -> None:
    found, heard = Diagram(), list[Light]()
    found.on_lights = heard.extend
    found.saw_request(REQUEST)
    found.saw_processes([PROCESS])
    assert [light.part for light in heard] == ["client", "daemon", "namespaces"]
    assert found.lights == heard
    assert found.summary() == "diagram: 3 lights, 3 of 9 parts"
    assert found.text().splitlines()[-1].split("   ")[0] == "namespaces"
    assert found.data()["parts"]["namespaces"]["count"] == 1


def test_a_command_of_ours_is_told_before_the_events_that_it_makes() -> None:
    found = Diagram()
    assert not found.is_busy
    found.saw_request(REQUEST)
    assert found.is_busy
    found.saw_processes([])
    assert not found.is_busy


def event(action: str, id_: str, seconds: float) -> Event:
    return Event("container", action, id_, {"name": "web"}, moment(seconds))


def test_what_was_told_call_by_call_is_not_told_again_by_events() -> None:
    found, now = Diagram(), time.time()
    found.saw_processes([PROCESS])
    found.saw_event(event("start", "1", now - 0.1))
    found.saw_event(event("die", "1", now + 0.1))
    assert [light.part for light in found.lights] == ["namespaces"]
    found.saw_event(event("start", "2", now))
    found.saw_event(event("die", "1", now + 60))
    assert [light.part for light in found.lights[1:]] == ["runtime", "namespaces", "cgroups", "runtime"]


def test_only_the_last_lights_are_kept() -> None:
    found = Diagram()
    for number in range(KEPT_LIGHTS + 5):
        found.light([Light("daemon", str(number))])
    assert (len(found.lights), found.lights[0].line, found.counts["daemon"]) == (KEPT_LIGHTS, "5", KEPT_LIGHTS + 5)


def do(session: SessionOn, *words: str) -> Diagram:
    found = DIAGRAM.action(session, parsing.parse(DIAGRAM, words, surface="magic", prog="x"))
    assert isinstance(found, Diagram)
    return found


def test_a_saved_trace_is_replayed_without_a_daemon(tmp_path: Path) -> None:
    Trace("run x", "", (REQUEST,), (PROCESS,)).save(tmp_path / "t.json")
    found = do(SessionOn(folder=tmp_path), "t.json")
    assert found.replayed is not None
    lit: Sequence[str] = [light.part for light in found.lights]
    assert lit == ["client", "daemon", "namespaces"]
    assert do(SessionOn()).replayed is None
