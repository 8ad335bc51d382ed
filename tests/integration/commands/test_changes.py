"""Tests of commands.changes."""

from __future__ import annotations

import pytest

from jupyter_containers.client import Client
from jupyter_containers.commands.parsing import UsageError
from jupyter_containers.commands.run_result import RunResult
from tests.integration.commands.conftest import Do


def test_the_files_that_a_run_changed_are_told_and_no_container_stays(do: Do, client: Client) -> None:
    result = do("run", "--changes", "busybox", "sh", "-c", "echo 1 >/new; rm /bin/true")
    assert isinstance(result, RunResult)
    assert {("A", "/new"), ("D", "/bin/true")} <= {*result.changes}
    assert "A /new" in result.text().splitlines()
    assert client.containers.list(every=True) == []


def test_a_run_that_changed_nothing_says_nothing(do: Do) -> None:
    assert do("run", "--changes", "busybox", "echo", "hi").text() == "hi"


def test_a_run_left_alone_has_none(do: Do) -> None:
    with pytest.raises(UsageError, match="diff NAME tells of the others"):
        do("run", "-d", "--changes", "busybox", "true")
