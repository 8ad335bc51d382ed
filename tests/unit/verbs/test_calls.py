"""Tests of verbs.calls, on commands that give back what they got."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_containers.commands import table
from jupyter_containers.commands.compose_project import FilesNamed
from jupyter_containers.commands.parsing import UsageError, parse
from jupyter_containers.commands.results import LiveResult
from jupyter_containers.commands.session import Session
from jupyter_containers.commands.settings import Settings
from jupyter_containers.commands.trace_result import Trace
from jupyter_containers.verbs.calls import Call, SilentFront, call
from jupyter_containers.verbs.signatures import signature
from tests.support.front_double import SessionOn


def options(name: str, /, *given: Any, **named: Any) -> tuple[Namespace, Session]:
    """Return what the command's action would get."""
    got: list[Any] = []
    command = table.find(name, "magic")

    def action(session: Session, options: Namespace) -> None:
        got.extend((options, session))

    call(SessionOn(), SimpleNamespace(**{f: getattr(command, f) for f in ("name", "arguments_in")}, action=action),  # type: ignore[arg-type]
         signature(command), given, named)  # fmt: skip
    return got[0], got[1]


@pytest.mark.parametrize("name", [c.name for c in table.commands_in("magic") if not c.verbs])
def test_without_options_an_action_gets_what_a_line_without_options_gives(name: str) -> None:
    command = table.find(name, "magic")
    needed = [one for one in command.arguments_in("magic") if not one.is_option]
    needed = [one for one in needed if one.takes.name in ("ONE", "MANY")]
    line = vars(parse(command, ["x"] * len(needed), surface="magic", prog="p"))
    called = vars(options(name, *["x"] * len(needed))[0])
    assert {key: list(v) if isinstance(v, tuple) else v for key, v in called.items()} == line


def test_values_are_read_as_a_line_has_them() -> None:
    got, _ = options("run", "busybox", "sleep", 3, memory="64m", cpus=0.5, env={"A": 1, "B": None}, publish="80",
                     volume=[Path("/x")], name="n", detach=1)  # fmt: skip
    assert (got.image, got.command, got.memory, got.cpus) == ("busybox", ["sleep", "3"], 64 << 20, 0.5)
    assert (got.env, got.publish[0].container_port, got.volume) == (["A=1", "B"], "80/tcp", ["/x"])
    assert (got.name, got.detach, got.label, got.entrypoint) == ("n", True, [], None)


def test_bytes_are_a_size_as_well() -> None:
    assert options("run", "x", memory=1 << 20)[0].memory == 1 << 20


def test_variables_and_the_body_are_the_sessions() -> None:
    got, session = options("run", "x", body="sort", inputs={"a": 1}, outputs=["b"])
    assert (got.input, got.output) == (["a"], ["b"])
    assert (session.body, session.namespace) == ("sort", {"a": 1})
    assert options("run", "x")[1].namespace == {}


@pytest.mark.parametrize(
    ("name", "given", "named", "error", "message"),
    [
        ("run", ["x"], {"memroy": 1}, TypeError, "run: got an unexpected keyword argument 'memroy'"),
        ("run", [], {}, TypeError, "run: missing a required argument: 'image'"),
        ("run", ["x"], {"memory": "lots"}, UsageError, "run: memory: not a size: 'lots'"),
        ("run", ["x"], {"pull": "often"}, UsageError, "run: pull: 'often' is none of always, missing, never"),
        ("rm", [], {}, UsageError, "rm: which container"),
    ],
)
def test_what_is_not_taken_is_refused(
    name: str, given: list[Any], named: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        options(name, *given, **named)


def test_a_call_has_its_parents_connection() -> None:
    client = object()
    parent = SessionOn(client)
    one = Call(parent, "body", {})
    assert one.client is client
    assert (one.host, one.uses_own_daemon, one.is_magic) == (parent.host, False, True)


def test_what_lasts_is_its_parents() -> None:
    parent = SessionOn()
    parent.last_trace = before = Trace("ps")
    first = Call(parent, "", {})
    assert first.last_trace is before
    first.last_trace = made = Trace("run")
    first.last_compose = files = FilesNamed((), Path("/"), "", ())
    first.settings = settings = Settings(image="host")
    second = Call(parent, "", {})
    assert (second.last_trace, second.last_compose, second.settings) == (made, files, settings)
    assert (second.watchers, second.repairs) == (parent.watchers, first.repairs)
    assert second.watchers is parent.watchers


def test_the_front_is_silent_and_keeps_what_grows() -> None:
    class Growing(LiveResult):
        def apply(self, event: object) -> Any:
            self.event = event
            yield from ()

    said: list[str] = []
    front, result = SilentFront(said.append), Growing()
    with front.live(result) as tell:
        tell("event")
    front.show(result)
    front.note("a sentence")
    assert (result.event, said) == ("event", ["a sentence"])
