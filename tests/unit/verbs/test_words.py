"""Tests of verbs.words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from jupyter_containers.client.rest_log import RestLog
from jupyter_containers.verbs.words import Words
from tests.support.front_double import SessionOn


def test_commands_of_a_group_are_below_their_groups_name() -> None:
    removed: list[str] = []
    session = SessionOn(SimpleNamespace(networks=SimpleNamespace(remove=removed.append)))
    result = Words(session).network.rm("a", "b")
    assert (removed, result.items) == (["a", "b"], ("a", "b"))
    assert "create" in dir(Words(session).network)


def test_a_trace_has_the_groups_word_too() -> None:
    class Daemon:
        def __init__(self) -> None:
            self.traces = self.networks = self

        def another(self) -> Daemon:
            return self

        @contextmanager
        def recording(self) -> Iterator[RestLog]:
            yield RestLog()

        def of_log(self, _: RestLog) -> list[Any]:
            return []

        def remove(self, name: str) -> None:
            pass

    result = Words(SessionOn(Daemon())).network.rm("a", trace=True)
    assert (result.trace.command, result.trace.docker) == ("network rm a", "docker network rm a")


def test_what_is_for_a_shell_is_not_there() -> None:
    assert not hasattr(Words, "doctor_of_a_shell")
    assert hasattr(Words, "python")
