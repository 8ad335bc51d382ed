"""Tests of commands.sandbox; cells that run are in tests/integration/magics/test_sandboxes.py."""

from __future__ import annotations

import pytest

from jupyter_containers.commands import table
from jupyter_containers.commands.parsing import UsageError, parse
from jupyter_containers.commands.results import Result
from tests.support.front_double import SessionOn
from tests.support.sandbox_double import Change, SandboxDaemon, listed


def said(line: str, daemon: SandboxDaemon | None = None, body: str = "") -> Result | None:
    command = table.find("sandbox", "magic")
    options = parse(command, line.split(), surface="magic", prog="%container")
    return command.action(SessionOn(daemon, body=body), options)


@pytest.mark.parametrize(
    ("line", "body", "words"),
    [
        ("", "", "write what it shall run below"),
        ("ls", "x = 1", "takes nothing below its line"),
        ("--yes", "x = 1", "--yes is for keep"),
        ("--all", "x = 1", "--all is for discard"),
        ("show a --force", "", "--force is for keep"),
        ("keep a --memory 64m", "", "--memory is for a cell"),
        ("keep a --net none", "", "--network is for a cell"),
        ("keep", "", "write sandbox keep NAME"),
        ("save a", "", "write sandbox save NAME IMAGE"),
        ("ls a", "", "write sandbox ls"),
        ("discard", "", "write names, or --all"),
        ("discard a --all", "", "write names, or --all"),
        ("remove a", "", "invalid choice"),
    ],
)
def test_words_that_do_not_belong_together_are_refused(line: str, body: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        said(line, body=body)


def test_sandboxes_are_listed_and_discarded() -> None:
    daemon = SandboxDaemon(listed=[listed("sandbox-1"), listed("mine\x1b[31m", second=1)])
    result = said("list", daemon)
    assert result is not None
    assert [line.split()[0] for line in result.text().splitlines()] == ["NAME", "mine?[31m", "sandbox-1"]
    assert result.summary() == "2 sandboxes"
    discarded = said("discard sandbox-1", daemon)
    assert discarded is not None
    assert discarded.text() == "discarded sandbox-1"
    said("discard --all", daemon)
    assert len(daemon.removed) == 2


def test_a_sandbox_is_shown_and_saved() -> None:
    daemon = SandboxDaemon({"/work/a": Change("A", b"x")}, [listed("sandbox-1")])
    shown = said("show last", daemon)
    assert shown is not None
    assert shown.text().startswith("A a   1B\n[sandbox-1 is kept:")
    saved = said("save last image", daemon)
    assert saved is not None
    assert saved.text() == "made image of sandbox-1"
