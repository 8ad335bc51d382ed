"""Tests of commands.compose_output."""

from __future__ import annotations

from jupyter_containers.commands.compose_output import Prefixed, ProjectLogs
from jupyter_containers.compose.watching import LogEnded, Wrote


def wrote(name: str, content: bytes, stream: int = 1) -> Wrote:
    return Wrote(name, f"shop-{name}-1", stream, content)


def test_whole_lines_with_the_names_of_their_containers() -> None:
    lines = Prefixed("shop")
    assert lines.add(wrote("a", b"one\ntw")) == "a-1 | one\n"
    assert lines.add(wrote("longer", b"x\n")) == "longer-1 | x\n"
    assert lines.add(wrote("a", b"o\n")) == "a-1      | two\n"


def test_the_streams_of_a_container_do_not_mix() -> None:
    lines = Prefixed("shop")
    assert lines.add(wrote("a", b"out")) == ""
    assert lines.add(wrote("a", b"err\n", 2)) == "a-1 | err\n"
    assert list(lines.rest("shop-a-1")) == [(1, "a-1 | out\n")]
    assert list(lines.rest("shop-a-1")) == []


def test_letters_that_were_cut_are_put_together() -> None:
    lines = Prefixed("shop")
    assert lines.add(wrote("a", "ä".encode()[:1])) == ""
    assert lines.add(wrote("a", "ä".encode()[1:] + b"\n")) == "a-1 | ä\n"


def test_a_line_without_end_is_not_waited_for() -> None:
    assert len(Prefixed("shop").add(wrote("a", b"x" * 20_000))) > 20_000


def test_names_steer_no_terminal() -> None:
    assert "\x1b" not in Prefixed("shop").add(Wrote("a", "shop-\x1b[2J", 1, b"x\n"))


def test_logs_keep_what_was_said() -> None:
    logs = ProjectLogs("shop", plain=True)
    assert list(logs.apply(wrote("a", b"one\ntwo"))) == [(1, "one\n")]
    assert list(logs.apply(LogEnded("shop-a-1"))) == [(1, "two\n")]
    assert (logs.stdout, logs.summary()) == ("one\ntwo\n", "2 lines of shop")
    assert list(logs.apply(None)) == []
