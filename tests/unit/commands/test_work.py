"""Tests of commands.work."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from jupyter_containers.commands import parsing, table
from jupyter_containers.commands.work import QUIET, Advanced, Work, perform
from jupyter_containers.errors import NotFound
from tests.support.front_double import SessionOn


def after(*events: object) -> Work:
    work = Work("save busybox")
    for event in events:
        list(work.apply(event))
    return work


def test_bytes_are_told_where_they_are_counted() -> None:
    assert after().text().startswith("save busybox · 0 ms")
    assert after(Advanced(1000), Advanced(2000)).amount() == "3kB"
    assert after(Advanced(1000, 4000)).amount() == "1kB of 4kB"


def test_how_it_ended_is_told_in_a_word() -> None:
    assert after("stopped").text() == "save busybox · stopped after 0 ms"
    assert [bool(after(word)) for word in ("done", "stopped", "failed")] == [True, False, False]


def done(session: SessionOn, *words: str) -> object:
    command = table.find(words[0], "magic")
    options = parsing.parse(command, list(words[1:]), surface="magic", prog="%container")
    return perform(session, command, options, words)


def test_a_command_that_copies_tells_how_far_it_is(tmp_path: Path) -> None:
    carried: list[tuple[int, int]] = []

    def save(names: object) -> list[bytes]:
        carry = session.carried
        session.carried = lambda count, total: (carried.append((count, total)), carry(count, total))[1]
        return [b"12", b"345"]

    session = SessionOn(SimpleNamespace(images=SimpleNamespace(save=save)), folder=tmp_path)
    done(session, "save", "busybox")
    assert carried == [(2, 0), (3, 0)]
    session.carried(7, 7)
    assert carried == [(2, 0), (3, 0)]


def test_an_error_comes_through() -> None:
    def remove(*_: object, **__: object) -> None:
        raise NotFound("no such image")

    with pytest.raises(NotFound):
        done(SessionOn(SimpleNamespace(images=SimpleNamespace(remove=remove))), "rmi", "x")


def test_what_shows_itself_is_not_quiet() -> None:
    assert {"run", "build", "pull", "push", "login", "logs", "exec", "stats"} & QUIET == set()
