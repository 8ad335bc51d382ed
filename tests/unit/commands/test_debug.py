"""debug, on a daemon made of Python objects; in a real kernel it is seen in tests/integration/magics."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_containers.client.failed_steps import FailedStep
from jupyter_containers.client.run_settings import RunSettings
from jupyter_containers.client.runs import Outcome
from jupyter_containers.commands import table
from jupyter_containers.commands.debug import FailedPlace
from jupyter_containers.commands.parsing import parse
from jupyter_containers.commands.results import Message, Result, Table
from jupyter_containers.commands.run_result import CommandFailed, RunResult
from tests.support.front_double import SessionOn

STEP = FailedStep(
    id="ab" * 32, names=("a:1",), created_at=datetime.now(UTC) - timedelta(days=3), file="Dockerfile", line=3,
    end_line=4, instruction="RUN make", exit_code=7, output=("one", "two"), shell=("/bin/bash", "-o", "pipefail", "-c"),
    environment=("A=1",), workdir="/w", user="", network="none", size=9, is_used=False, missing=(),
)  # fmt: skip


class Daemon:
    """Remembers what was asked of it."""

    def __init__(self, code: int = 0, step: FailedStep = STEP) -> None:
        self.code, self.step, self.address = code, step, "unix:///x"
        self.ran: list[tuple[RunSettings, bytes | None]] = []
        self.removed: list[str] = []
        self.failed_steps = SimpleNamespace(list=lambda: [step], find=self.find, remove=self.removed.append)
        self.runs = SimpleNamespace(run=self.run)
        self.containers = SimpleNamespace(
            create=self.create, start=lambda _: True, inspect=lambda _: {"Name": "/some_name"}
        )

    def find(self, name: str) -> FailedStep:
        assert name in ("last", "abab")
        return self.step

    def run(self, settings: RunSettings, output: Any, *, stdin: bytes | None) -> Outcome:
        self.ran.append((settings, stdin))
        output(1, b"out\n")
        now = datetime.now(UTC)
        return Outcome("c0ffee", self.code, now, now)

    def create(self, settings: RunSettings) -> str:
        self.ran.append((settings, None))
        return "c0ffee"


def do(daemon: Daemon, *words: str, body: str = "", surface: str = "magic") -> tuple[Result | None, SessionOn]:
    command = table.find("debug", surface)
    session = SessionOn(daemon, body=body, surface=surface)
    return command.action(session, parse(command, words, surface=surface, prog="x")), session


def test_without_a_body_it_says_what_is_there_and_how_to_go_on() -> None:
    result, _ = do(Daemon())
    assert isinstance(result, FailedPlace)
    assert result.text().splitlines() == [
        "failed step abababababab: exit code 7, 3 days ago",
        "Dockerfile of a:1, lines 3 to 4: RUN make",
        "  | one",
        "  | two",
        "in /w, as root, with /bin/bash -o pipefail -c",
        "",
        "%%container debug abababababab   with a script as the cell's body runs it there, each time anew",
        "%container debug abababababab COMMAND   runs one command",
        "%container debug -it abababababab   opens a shell there in the cell",
        "%container debug --append COMMAND   puts a RUN before the step, in a cell that builds it again",
        "jupyter containers debug abababababab   in a terminal opens a shell there",
    ]
    assert result.data()["exitCode"] == 7


def test_a_body_is_a_script_for_the_shell_of_the_step() -> None:
    daemon = Daemon()
    result, _ = do(daemon, body="ls\n")
    assert isinstance(result, RunResult)
    ((settings, stdin),) = daemon.ran
    assert (settings.failed_step, settings.command, stdin) == (STEP.id, (*STEP.shell, "ls\n"), None)
    assert (settings.auto_remove, settings.init, settings.network) == (True, True, "")
    assert result.title() == "sh in failed step abababababab"


def test_a_body_with_a_command_is_its_input() -> None:
    daemon = Daemon()
    do(daemon, "abab", "wc", "-l", body="one\ntwo\n")
    ((settings, stdin),) = daemon.ran
    assert (settings.command, settings.stdin, stdin) == (("wc", "-l"), True, b"one\ntwo\n")


def test_another_exit_code_is_an_error_in_a_notebook() -> None:
    with pytest.raises(CommandFailed, match=r"exit code 3 \(ls in failed step abababababab\)"):
        do(Daemon(3), "last", "ls")
    assert do(Daemon(3), "--no-raise-error", "last", "ls")[0].exit_code == 3  # type: ignore[union-attr]


def test_a_container_with_a_name_stays() -> None:
    daemon = Daemon()
    do(daemon, "--name", "fix", "last", "ls")
    do(daemon, "--keep", "last", "ls")
    assert [settings.auto_remove for settings, _ in daemon.ran] == [False, False]


def test_one_that_is_left_alone_has_a_shell_that_waits() -> None:
    daemon = Daemon()
    result, _ = do(daemon, "-d")
    ((settings, _),) = daemon.ran
    assert (settings.command, settings.terminal, settings.stdin, settings.attached) == (None, True, True, False)
    assert result is not None
    assert result.text() == "started some_name (c0ffee)"


def test_what_is_missing_is_told_before_anything_runs() -> None:
    _, session = do(Daemon(step=replace(STEP, missing=("no agent",))), "last", "ls")
    assert session.remembering.notes == ["no agent"]


def test_steps_are_listed_and_let_go() -> None:
    daemon = Daemon()
    listed, _ = do(daemon, "--list")
    assert isinstance(listed, Table)
    assert listed.rows[0][:5] == ("abababababab", "a:1", "Dockerfile:3", "RUN make", "7")
    gone, _ = do(daemon, "--forget", "abab")
    assert isinstance(gone, Message)
    assert (gone.items, daemon.removed) == ((STEP.id,), [STEP.id])
