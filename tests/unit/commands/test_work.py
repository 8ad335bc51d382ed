"""Tests of commands.work."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from jupyter_containers.commands import parsing, table
from jupyter_containers.commands.work import QUIET, Advanced, Counted, Work, perform
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


def test_things_are_told_where_they_are_counted() -> None:
    assert after(Counted(1, 4)).amount() == "1 of 4"
    assert after(Counted(1, 4)).share() == (1, 4)
    assert after(Counted(3)).amount() == "3 so far"
    assert after(Counted(3)).share() == (0, 0)


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


def test_a_copy_into_a_container_tells_how_much_of_how_much(tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(bytes(600_000))
    carried: list[tuple[int, int]] = []

    def put(container: str, folder: str, tar: Iterator[bytes]) -> None:
        session.carried = lambda count, total: carried.append((count, total))
        sizes.extend(len(piece) for piece in tar)

    sizes: list[int] = []
    look = {"linkTarget": "", "mode": 1 << 31}
    archives = SimpleNamespace(look=lambda _container, _path: look, put=put)
    session = SessionOn(SimpleNamespace(archives=archives), folder=tmp_path)
    done(session, "cp", "data", "box:/tmp")
    assert len(sizes) > 1
    assert carried == [(size, sum(sizes)) for size in sizes]


def test_an_error_comes_through() -> None:
    def remove(*_: object, **__: object) -> None:
        raise NotFound("no such image")

    with pytest.raises(NotFound):
        done(SessionOn(SimpleNamespace(images=SimpleNamespace(remove=remove))), "rmi", "x")


def test_what_shows_itself_is_not_quiet() -> None:
    assert {"run", "build", "pull", "push", "login", "logs", "exec", "stats"} & QUIET == set()


def test_one_after_the_other_is_counted() -> None:
    counted: list[tuple[int, int]] = []

    def remove(name: str, **_: object) -> None:
        session.counted = lambda done, total: counted.append((done, total))

    session = SessionOn(SimpleNamespace(images=SimpleNamespace(remove=remove)))
    done(session, "rmi", "a", "b", "c")
    assert counted == [(1, 3), (2, 3)]
