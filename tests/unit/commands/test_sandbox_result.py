"""Tests of commands.sandbox_result."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from jupyter_containers.client.runs import Outcome
from jupyter_containers.commands.parsing import UsageError
from jupyter_containers.commands.sandbox_result import SandboxFiles, SandboxResult, asked, question, shown_path
from jupyter_containers.sandboxes.changes import FileChange, Kind
from jupyter_containers.sandboxes.choice import Choice
from jupyter_containers.sandboxes.sandbox import Sandbox
from tests.support.sandbox_double import Change, SandboxDaemon, listed

NOW = datetime.now(UTC)


def sandbox(folder: Path, **changes: Change) -> Sandbox:
    told = {f"{folder}/{name}": change for name, change in changes.items()}
    client: Any = SandboxDaemon(told, [listed("sandbox-1", folder=str(folder))])
    return Sandbox.find(lambda: client, "last")


def test_the_files_are_told_below_the_output(tmp_path: Path) -> None:
    result = SandboxResult(("python",), withheld=("TOKEN",))
    list(result.apply((1, b"said\n")))
    list(result.apply(Outcome("c", 0, NOW, NOW)))
    result.sandbox = sandbox(tmp_path, a=Change("A", b"12"), gone=Change("D"), link=Change("A", target="/etc"))
    assert result.text().splitlines()[:4] == ["said", "A a   2B", "D gone", "A link   link"]
    assert "keep sandbox-1" in result.text().splitlines()[4]
    told = json.loads(json.dumps(result.data()))
    assert told["withheld"] == ["TOKEN"]
    assert told["sandbox"]["files"][0] == ["A", f"{tmp_path}/a", "file", 2]


def test_where_nothing_changed_nothing_can_be_done() -> None:
    result = SandboxResult(("python",))
    assert (result.files, result.diffs, result.data()["sandbox"]) == ([], {}, None)
    for act in (result.keep, result.discard, lambda: result.save("x")):
        with pytest.raises(UsageError, match="nothing has changed"):
            act()


def test_files_are_kept_when_the_answer_is_yes(tmp_path: Path) -> None:
    result = SandboxFiles(sandbox(tmp_path, a=Change("A", b"12"), b=Change("A", b"3")))
    assert result.summary() == "sandbox-1: 2 files changed"
    assert result.keep("a", yes=True).text() == "added a"
    assert (tmp_path / "a").read_bytes() == b"12"
    assert not (tmp_path / "b").exists()
    assert result.save("image").text() == "made image of sandbox-1"
    assert result.discard().text() == "discarded sandbox-1"


def test_the_question_names_what_will_change() -> None:
    taken = tuple(FileChange("A", f"/w/{number}\n", Kind.FILE) for number in range(12))
    text = question(Choice(taken), Path("/w"))
    assert text.startswith("make 12 changes here: A 0?, A 1?, ")
    assert text.endswith(" and 2 more? [y/N] ")


@pytest.mark.parametrize(
    ("answer", "is_yes"), [("y", True), (" YES ", True), ("", False), ("no", False), ("yy", False)]
)
def test_only_yes_is_yes(answer: str, is_yes: bool) -> None:
    assert asked("?", lambda _: answer) is is_yes


def test_nobody_there_is_no_yes() -> None:
    def nobody(_: str) -> str:
        raise EOFError

    with pytest.raises(UsageError, match="nobody can be asked"):
        asked("?", nobody)


def test_a_path_is_relative_in_the_folder_and_one_line() -> None:
    assert shown_path("/w/a\x1b/b", Path("/w")) == "a?/b"
    assert shown_path("/other/b", Path("/w")) == "/other/b"
    assert shown_path("/w", Path("/w")) == "/w"
