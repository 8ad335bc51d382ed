"""--trace shows how a command was done, also one that fails; trace reads, saves and shows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from jupyter_containers.client.rest_log import RestLog
from jupyter_containers.commands import parsing, tracing
from jupyter_containers.commands.command import Command
from jupyter_containers.commands.diagram import Diagram
from jupyter_containers.commands.parsing import UsageError
from jupyter_containers.commands.results import Message, Result
from jupyter_containers.commands.session import PYTHON, Session
from jupyter_containers.commands.trace_result import Trace
from jupyter_containers.commands.tracing import TRACE
from jupyter_containers.errors import NotFound, Unsupported
from jupyter_containers.verbs.calls import Call
from tests.support.canned_server import answer, canned_server
from tests.support.front_double import RememberingFront, SessionOn

RECORD: dict[str, Any] = {"kind": "container", "id": "1", "name": "web", "recorded": True, "calls": [
    {"side": "inside", "step": "s", "call": "pivot_root", "arguments": [".", "."], "result": "0", "microseconds": 5},
]}  # fmt: skip


class Daemon:
    """A client whose daemon keeps one record."""

    def __init__(self, error: Exception | None = None) -> None:
        self.traces = self
        self.error = error

    def another(self) -> Daemon:
        return self

    @contextmanager
    def recording(self) -> Iterator[RestLog]:
        log = RestLog()
        with log.timing("GET", "/info") as call:
            call.status = 200
        yield log

    def of_log(self, _: RestLog) -> list[dict[str, Any]]:
        if self.error:
            raise self.error
        return [RECORD]

    def of_container(self, name: str) -> dict[str, Any]:
        return {**RECORD, "name": name}


def perform(session: SessionOn, *words: str, fails: bool = False) -> Result | None:
    def action(*_: Any) -> Result:
        if fails:
            raise NotFound("nothing there")
        return Message(("done",))

    command = Command("info", "tell", action)
    options = parsing.parse(command, words, surface="magic", prog="x")
    return tracing.perform(session, command, options, ["info", *words])


def test_without_the_option_nothing_is_different() -> None:
    session = SessionOn(Daemon())
    result = perform(session)
    assert result is not None
    assert (result.trace, session.last_trace, session.remembering.shown) == (None, None, [])


def test_a_traced_command_has_its_trace() -> None:
    session = SessionOn(Daemon())
    result = perform(session, "--trace")
    assert result is not None
    trace = result.trace
    assert isinstance(trace, Trace)
    assert session.remembering.shown == [trace]
    assert (trace.command, trace.docker, trace.note) == ("info", "docker info", "")
    assert [one.path for one in trace.requests] == ["/info"]
    assert [process.name for process in trace.processes] == ["web"]


def test_in_a_shell_it_leaves_standard_output_alone() -> None:
    session = SessionOn(Daemon(), surface="shell")
    perform(session, "--trace")
    assert session.remembering.shown == []
    assert session.remembering.notes[0].startswith("CLI\n  docker info\n")


def test_a_command_that_fails_is_shown_up_to_there() -> None:
    session = SessionOn(Daemon())
    with pytest.raises(NotFound):
        perform(session, "--trace", fails=True)
    assert [type(shown) for shown in session.remembering.shown] == [Trace]


def test_a_daemon_that_keeps_nothing_is_named() -> None:
    session = SessionOn(Daemon(Unsupported("the daemon at x is not ours")))
    result = perform(session, "--trace")
    assert result is not None
    assert (result.trace.note, result.trace.processes) == ("the daemon at x is not ours", ())


def do(session: SessionOn, *words: str) -> Result | None:
    return TRACE.action(session, parsing.parse(TRACE, words, surface="magic", prog="x"))


def test_a_trace_is_saved_and_shown_again(tmp_path: Path) -> None:
    session = SessionOn(Daemon(), folder=tmp_path)
    assert isinstance(do(session, "web"), Trace)
    saved = do(session, "save", "t.json")
    assert isinstance(saved, Message)
    assert saved.lines == ("saved trace of start web: 0 requests, 1 calls to the kernel as t.json",)
    again = do(SessionOn(folder=tmp_path), "replay", "t.json")
    assert isinstance(again, Trace)
    assert again.processes[0].calls[0].name == "pivot_root"
    stepping = do(SessionOn(folder=tmp_path), "replay", "t.json", "--diagram")
    assert isinstance(stepping, Diagram)
    assert [light.part for light in stepping.lights] == ["namespaces"]
    do(SessionOn(Daemon(), folder=tmp_path), "save", "other.json", "other")
    assert Trace.load(tmp_path / "other.json").command == "start other"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("save", "x"), "nothing was traced here yet"),
        (("save",), "trace save FILE"),
        (("replay",), "replay takes one FILE"),
        (("a", "b"), "one NAME at a time"),
        (("--diagram", "a"), "--diagram goes with replay FILE"),
    ],
)
def test_other_words_are_explained(words: tuple[str, ...], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        do(SessionOn(Daemon()), *words)


def test_what_others_ask_meanwhile_is_not_in_the_trace(tmp_path: Path) -> None:
    with canned_server(tmp_path, *[answer(b"{}")] * 3, answer(b"{}", "404 Not Found")) as server:
        front = RememberingFront()
        with closing(Session(front, surface=PYTHON, host=f"unix://{server.path}")) as session:
            call, other = Call(session, "", {}), session.client

            def action(given: Session, _: Any) -> Result:
                given.client.containers.inspect("ours")
                Thread(target=other.containers.inspect, args=["theirs"]).run()
                assert session.client is other
                given.client.containers.inspect("ours")
                return Message(("done",))

            command = Command("info", "tell", action)
            options = parsing.parse(command, ["--trace"], surface=PYTHON, prog="x")
            result = tracing.perform(call, command, options, ["info"])
            assert result is not None and result.trace is not None
            assert [one.path for one in result.trace.requests] == ["/v1.44/containers/ours/json"] * 2
            assert call.client is other
