"""Tests of verbs.words."""

from __future__ import annotations

from types import SimpleNamespace

from jupyter_containers.verbs.words import Words
from tests.support.front_double import SessionOn


def test_commands_of_a_group_are_below_their_groups_name() -> None:
    removed: list[str] = []
    session = SessionOn(SimpleNamespace(networks=SimpleNamespace(remove=removed.append)))
    result = Words(session).network.rm("a", "b")
    assert (removed, result.items) == (["a", "b"], ("a", "b"))
    assert "create" in dir(Words(session).network)


def test_what_is_for_a_shell_is_not_there() -> None:
    assert not hasattr(Words, "doctor_of_a_shell")
    assert hasattr(Words, "python")
