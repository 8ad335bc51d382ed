"""Tests of commands.removing."""

from __future__ import annotations

import threading
from argparse import Namespace
from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_containers.commands import removing
from jupyter_containers.errors import Unavailable
from tests.support.front_double import SessionOn


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(removing, "POLL_SECONDS", 0.01)


def session_with(events: Any) -> SessionOn:
    other = SimpleNamespace(system=SimpleNamespace(events=events), close=lambda: None)
    return SessionOn(SimpleNamespace(another=lambda: other))


def test_what_the_daemon_says_that_it_removes_is_counted() -> None:
    removed, told = [1], threading.Event()
    counts: list[tuple[int, int]] = []

    def tell(done: int, total: int) -> None:
        counts.append((done, total))
        removed.append(1)
        if done == 3:
            told.set()

    def events(**query: Any) -> list[int]:
        assert query["filters"] == {"event": ["destroy", "delete"]}
        assert float(query["since"]) <= float(query["until"])
        return removed

    session = session_with(events)
    session.counted = tell
    assert removing.counting(lambda _session, _options: told.wait(60))(session, Namespace())
    assert counts[:3] == [(1, 0), (2, 0), (3, 0)]


def test_a_daemon_that_does_not_tell_keeps_nobody_from_removing() -> None:
    asked = threading.Event()

    def events(**_: Any) -> list[int]:
        asked.set()
        raise Unavailable("nobody answers")

    session = session_with(events)
    assert removing.counting(lambda _session, _options: asked.wait(60))(session, Namespace())
