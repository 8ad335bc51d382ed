"""The commands of the table in a shell: the same lines as in a notebook, and what a shell sees of them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_containers.client import Client
from jupyter_containers.commands.terminal import main
from tests.integration.magics.test_verbs import tidied
from tests.support.daemon import Daemon
from tests.support.notebook_verbs import CASES, Case

_MAGIC = "%container "
# In a shell these do not the same: they serve a folder, or have the daemon's own way.
_OTHERS = ("registry serve", "registry stop", "rename")
LINES = [
    case
    for case in CASES
    if all(line.startswith(_MAGIC) for line in (*case.before, case.cell)) and case.words not in _OTHERS
]


@pytest.fixture
def shell(client: Client, daemon: Daemon, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("DOCKER_HOST", daemon.host)
    monkeypatch.chdir(tmp_path)
    yield
    tidied(client)


def lines_of(case: Case) -> list[list[str]]:
    lines = [*case.before, case.cell]
    return [shlex.split(line.removeprefix(_MAGIC)) for line in lines]


@pytest.mark.usefixtures("shell")
@pytest.mark.parametrize("case", LINES, ids=lambda case: case.words)
def test_a_line_does_in_a_shell_what_it_does_in_a_notebook(case: Case, capfd: pytest.CaptureFixture[str]) -> None:
    *before, line = lines_of(case)
    for words in before:
        assert main(words) == 0, words
    capfd.readouterr()
    assert main(line) == 0
    assert re.search(case.text, capfd.readouterr().out, re.MULTILINE)


@pytest.mark.usefixtures("shell")
def test_a_container_of_a_shell_stays_and_its_id_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "-d", "--name", "box", "busybox", "sleep", "100"]) == 0
    assert re.fullmatch(r"[0-9a-f]{64}\n", capfd.readouterr().out)
    assert main(["exec", "box", "sh", "-c", "exit 7"]) == 7
    assert main(["run", "--rm", "busybox", "no-such-program"]) == 127
    assert capfd.readouterr().err.count("\n") == 1
