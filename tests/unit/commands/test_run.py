"""Tests of commands.run, on a daemon made of Python objects."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_containers.client.runs import Outcome
from jupyter_containers.commands import table
from jupyter_containers.commands.parsing import UsageError, parse
from jupyter_containers.commands.results import Result
from jupyter_containers.commands.run import CannotExecute
from jupyter_containers.commands.run_result import CommandFailed, Interrupted, RunResult
from jupyter_containers.errors import InvalidParameter
from tests.support.front_double import SessionOn


def ending(code: int, *, interrupts: int = 0) -> Callable[..., Outcome]:
    def run(*arguments: Any, stdin: bytes | None, timeout_seconds: float) -> Outcome:
        output = arguments[-1]
        output(1, b"out\n")
        now = datetime.now(UTC)
        return Outcome("c0ffee", code, now, now, interrupts=interrupts)

    return run


def failing(error: BaseException) -> Callable[..., Outcome]:
    def run(*_: Any, **__: Any) -> Outcome:
        raise error

    return run


def do(run: Callable[..., Outcome], *words: str, body: str = "", surface: str = "magic") -> Result | None:
    command = table.find(words[0], surface)
    client = SimpleNamespace(
        images=SimpleNamespace(inspect=lambda name, platform: {}), runs=SimpleNamespace(run=run, run_exec=run)
    )
    session = SessionOn(client, body=body, surface=surface)
    return command.action(session, parse(command, words[1:], surface=surface, prog="x"))


def test_a_run_is_a_result() -> None:
    result = do(ending(0), "run", "img", "ls")
    assert isinstance(result, RunResult)
    assert (result.exit_code, result.stdout, result.command) == (0, "out\n", ("ls",))


def test_another_exit_code_raises_in_a_notebook_only() -> None:
    with pytest.raises(CommandFailed, match=r"exit code 3 \(ls in img\)") as raised:
        do(ending(3), "run", "img", "ls")
    assert raised.value.result.stdout == "out\n"
    assert not do(ending(3), "run", "--no-raise-error", "img", "ls")
    assert not do(ending(3), "run", "img", "ls", surface="shell")


def test_an_interrupted_command_is_a_keyboard_interrupt() -> None:
    with pytest.raises(Interrupted, match="SIGINT was sent to the process"):
        do(ending(130, interrupts=1), "run", "img")
    with pytest.raises(Interrupted, match="SIGKILL was sent to the process"):
        do(ending(137, interrupts=2), "run", "img")


def test_a_command_that_takes_an_interrupt_well_stops_what_comes_after_it() -> None:
    with pytest.raises(Interrupted, match="exit 0"):
        do(ending(0, interrupts=1), "run", "img")
    assert do(ending(0, interrupts=1), "run", "--no-raise-error", "img")


def test_an_interrupt_before_anything_runs_is_one_too() -> None:
    with pytest.raises(Interrupted, match="stopped before it ended"):
        do(failing(KeyboardInterrupt()), "run", "img")


NOT_FOUND = 'failed to create task for container: x: exec: "nope": executable file not found in $PATH: unknown'
DENIED = 'failed to create task for container: x: exec: "/etc/passwd": permission denied: unknown'


@pytest.mark.parametrize(
    ("message", "code", "told"),
    [
        (NOT_FOUND, 127, 'cannot run it: exec: "nope": executable file not found in $PATH'),
        (DENIED, 126, 'cannot run it: exec: "/etc/passwd": permission denied'),
        ('exec: "/x": stat /x: no such file or directory: unknown', 127, 'cannot run it: exec: "/x": stat /x: no'),
        ("exec format error", 126, "cannot run it: exec format error"),
    ],
)
def test_what_cannot_be_executed_has_the_exit_code_of_shells(message: str, code: int, told: str) -> None:
    with pytest.raises(CannotExecute) as raised:
        do(failing(InvalidParameter(message)), "run", "img", "nope")
    assert raised.value.details == {"exit_code": code}
    assert raised.value.message.startswith(told)


def test_an_image_without_a_shell_gets_advice() -> None:
    with pytest.raises(CannotExecute, match="the image has no shell, so leave the cell's body empty"):
        do(failing(InvalidParameter(NOT_FOUND.replace("nope", "sh"))), "run", "img", body="echo hi")


def test_an_option_behind_the_image_gets_advice() -> None:
    with pytest.raises(CannotExecute, match=r"found in .PATH; options stand before the name of the image or container"):
        do(failing(InvalidParameter(NOT_FOUND.replace("nope", "-v"))), "run", "img", "-v", "a:/b")


def test_other_errors_stay_what_they_are() -> None:
    with pytest.raises(InvalidParameter, match=r"^bad$") as raised:
        do(failing(InvalidParameter("bad")), "run", "img")
    assert type(raised.value) is InvalidParameter


def test_exec_needs_a_command_or_a_body() -> None:
    with pytest.raises(UsageError, match="exec: which command in web"):
        do(ending(0), "exec", "web")
    result = do(ending(0), "exec", "web", body="ls")
    assert isinstance(result, RunResult)
    assert result.title() == "sh in web"


def detached(fails: bool) -> tuple[SessionOn, list[str]]:
    done: list[str] = []

    def start(id_: str) -> None:
        done.append("start")
        if fails:
            raise InvalidParameter(NOT_FOUND)

    containers = SimpleNamespace(
        create=lambda settings: "c0ffee", start=start, remove=lambda id_, force: done.append("remove"),
        inspect=lambda id_: {"Name": "/calm_hopper"},
    )  # fmt: skip
    images = SimpleNamespace(inspect=lambda name, platform: {})
    return SessionOn(SimpleNamespace(containers=containers, images=images)), done


def run_detached(session: SessionOn) -> Result | None:
    command = table.find("run", "magic")
    return command.action(session, parse(command, ["-d", "img"], surface="magic", prog="x"))


def test_a_detached_container_is_told_by_its_name() -> None:
    session, _ = detached(fails=False)
    result = run_detached(session)
    assert result is not None
    assert result.text() == "started calm_hopper (c0ffee)"


@pytest.mark.parametrize(
    "words", [("run", "-d", "img", "sort"), ("exec", "-d", "box", "sort"), ("run", "--bg=x", "img", "sort")]
)
def test_an_input_that_nobody_would_pass_on_is_refused(words: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match="-d leaves it alone"):
        do(ending(0), *words, body="b\na\n")


def test_a_detached_container_that_cannot_start_is_not_left() -> None:
    session, done = detached(fails=True)
    with pytest.raises(CannotExecute):
        run_detached(session)
    assert done == ["start", "remove"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("run", "--bg", "web", "--name", "other", "img"), "--bg web and --name other both name it"),
        (("run", "-d", "--timeout", "1", "img"), "run: --timeout is for what is waited for"),
        (("run", "--bg", "web", "--changes", "img"), "--changes is for a run that is waited for"),
        (("exec", "-d", "--timeout", "1", "box", "ls"), "exec: --timeout is for what is waited for"),
    ],
)
def test_what_is_left_alone_takes_nothing_that_would_be_forgotten(words: tuple[str, ...], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        do(ending(0), *words)
