"""Tests of commands.transcript: what shells and programs write, and what a person has seen of it."""

from __future__ import annotations

import pytest

from jupyter_containers.commands.transcript import KEPT_LINES, Transcript


def shown(text: str, *, rows: int = 24, columns: int = 80) -> list[str]:
    transcript = Transcript(rows, columns)
    transcript.feed(text.encode())
    return transcript.lines()


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("one\r\ntwo\r\n", ["one", "two"]),
        ("lz\b \bs", ["ls"]),
        ("lz\b\x1b[Ks", ["ls"]),
        ("10%\r20%\r100%", ["100%"]),
        ("a\tb", ["a       b"]),
        ("abc\x1b[2DX", ["aXc"]),
        ("abc\x1b[1GX\x1b[PY", ["XY"]),
        ("ac\b\x1b[@b", ["abc"]),
        ("one\r\ntwo\x1b[A\rONE", ["ONE", "two"]),
        ("a\x1b[31mred\x1b[0m b", ["a\x1b[31mred\x1b[0m b"]),
        ("\x1b[38;5;9mx\x1b[1;22my\x1b[39mz", ["\x1b[38;5;9mxy\x1b[0mz"]),
        ("\x1b]0;a title\x07x\x1b]52;c;c3RvbGVu\x1b\\y", ["xy"]),
        ("\x1b[?25lx\x1b(By\x1b=z", ["xyz"]),
        ("before\r\n\x1b[?1049hwhole screen\x1b[?1049lafter", ["before", "after"]),
        ("old\r\n\x1b[H\x1b[2Jnew", ["old", "", "new"]),
        ("x\x1b[H\x1b[Jy", ["y"]),
        ("日本\b\b語", ["日語"]),
        ("e\u0301!", ["e\u0301!"]),
        ("\x1b7ab\x1b8c", ["cb"]),
        ("a\x9b31mb\x00\x7f", ["a31mb"]),
    ],
)
def test_what_was_seen_is_left(written: str, seen: list[str]) -> None:
    assert shown(written) == seen


def test_a_line_that_was_too_long_for_the_screen_is_one_line() -> None:
    assert shown("abcdefgh\r\nx", columns=3) == ["abcdefgh", "x"]
    assert shown("ab日cd", columns=3) == ["ab日cd"]


def test_pieces_may_be_cut_anywhere() -> None:
    content = "é\x1b[31mrot\x1b[0m 日\x1b]0;t\x07\r\n!".encode()
    transcript = Transcript()
    for place in range(len(content)):
        transcript.feed(content[place : place + 1])
    assert transcript.lines() == ["é\x1b[31mrot\x1b[0m 日", "!"]
    assert transcript.text() == "érot 日\n!"


def test_a_sequence_that_never_ends_is_not_waited_for() -> None:
    transcript = Transcript()
    transcript.feed(b"\x1b]" + b"x" * 10_000 + b"\r\nafter")
    assert transcript.lines()[-1] == "after"


def test_the_oldest_lines_are_forgotten() -> None:
    transcript = Transcript()
    transcript.feed("".join(f"{number}\r\n" for number in range(KEPT_LINES * 2)).encode())
    assert transcript.lines()[-1] == str(KEPT_LINES * 2 - 1)
    assert transcript.forgotten > KEPT_LINES / 2
    assert len(transcript.lines(KEPT_LINES * 3)) <= KEPT_LINES + 24
    assert len(transcript.lines(10)) == 10


def test_the_cursor_stays_on_the_screen_whatever_is_asked() -> None:
    assert shown("\x1b[99999;99999Hx", rows=3, columns=5) == ["", "", "    x"]
    assert len(shown("\x1b[99999Bx\x1b[99999A", rows=3)) == 3


def test_a_smaller_screen_scrolls() -> None:
    transcript = Transcript(4, 20)
    transcript.feed(b"1\r\n2\r\n3\r\n4")
    transcript.resize(2, 20)
    transcript.feed(b"\x1b[H!")
    assert transcript.lines() == ["1", "2", "!", "4"]
