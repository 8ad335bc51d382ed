"""Tests of commands.terminals: which words open a terminal, and which do not go together with one."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_containers.commands import table
from jupyter_containers.commands.parsing import UsageError, parse
from jupyter_containers.commands.results import Result
from jupyter_containers.commands.terminal_session import TerminalSession
from jupyter_containers.commands.terminal_ways import SHELL, AttachWay, ExecWay, RunWay
from tests.support.front_double import SessionOn

DAEMON = SimpleNamespace(
    address="unix:///x",
    containers=SimpleNamespace(
        inspect=lambda name: {"State": {"Running": name != "old"}, "Config": {"Tty": True, "OpenStdin": True}}
    ),
    images=SimpleNamespace(inspect=lambda _, platform: {}),
)


def do(*words: str, body: str = "", is_attended: bool = True) -> Result | None:
    command = table.find(words[0], "magic")
    options = parse(command, words[1:], surface="magic", prog="x")
    session = SessionOn(DAEMON, body=body)
    session.remembering.is_attended = is_attended
    return command.action(session, options)


def way_of(result: Result | None) -> Any:
    assert isinstance(result, TerminalSession)
    return result.way


@pytest.mark.parametrize("flag", ["-it", "-ti", "-t", "--tty"])
def test_exec_with_a_terminal_opens_one(flag: str) -> None:
    way = way_of(do("exec", flag, "web", "top"))
    assert isinstance(way, ExecWay) and way.settings.command == ("top",)


def test_without_a_command_it_is_a_shell() -> None:
    assert way_of(do("exec", "-it", "web")).settings.command == SHELL


def test_run_with_a_terminal_has_the_command_itself_as_first_process() -> None:
    way = way_of(do("run", "-it", "box", "sh"))
    assert isinstance(way, RunWay) and not way.settings.init and way.settings.auto_remove


def test_attach_opens_the_terminal_that_is_there() -> None:
    way = way_of(do("attach", "web"))
    assert isinstance(way, AttachWay) and way.has_terminal and way.takes_input


def test_what_does_not_run_is_not_attached_to() -> None:
    with pytest.raises(UsageError, match="attach: old does not run"):
        do("attach", "old")


@pytest.mark.parametrize("words", [("exec", "-it", "web"), ("run", "-it", "box"), ("attach", "web")], ids=" ".join)
def test_where_nobody_could_type_none_is_opened(words: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match="nobody is there who could type into it"):
        do(*words, is_attended=False)


@pytest.mark.parametrize(
    ("words", "body", "says"),
    [
        (("exec", "-it", "web"), "echo", "takes no script"),
        (("run", "-it", "-d", "box"), "", "does not go with -d"),
        (("run", "-it", "-i", "x", "box"), "", "does not go with -i"),
        (("exec", "-it", "--timeout", "3", "web"), "", "does not go with --timeout"),
    ],
)
def test_what_a_terminal_cannot_have_is_refused(words: tuple[str, ...], body: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        do(*words, body=body)
