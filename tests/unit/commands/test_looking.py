"""Tests of commands.looking that need no daemon."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_containers.commands import table
from jupyter_containers.commands.parsing import parse
from jupyter_containers.commands.usage import Usages
from jupyter_containers.errors import NotFound
from tests.support.front_double import SessionOn


def stats(*words: str) -> Usages:
    def sample(name: str) -> Any:
        if name == "gone":
            raise NotFound("No such container: gone")
        return {"pids_stats": {"current": 1}}

    listed = [SimpleNamespace(name=name) for name in ("web", "gone")]
    client = SimpleNamespace(containers=SimpleNamespace(list=lambda **_: listed, stats=sample))
    command = table.find("stats", "magic")
    result = command.action(SessionOn(client), parse(command, words, surface="magic", prog="x"))
    assert isinstance(result, Usages)
    return result


def test_a_container_that_has_gone_meanwhile_keeps_nobody_from_the_others() -> None:
    assert [record["name"] for record in stats("--no-stream").records] == ["web"]


def test_a_container_that_was_named_must_be_there() -> None:
    with pytest.raises(NotFound, match="gone"):
        stats("--no-stream", "web", "gone")
