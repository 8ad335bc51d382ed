"""Tests of commands.output."""

from __future__ import annotations

import pytest

from jupyter_containers.commands.output import STDERR, STDOUT, Output, plain, settled


def filled(*pieces: tuple[int, bytes], limit: int = 1000) -> Output:
    output = Output(limit)
    for stream, content in pieces:
        output.add(stream, content)
    return output


def test_streams_are_kept_apart_and_in_order() -> None:
    output = filled((STDOUT, b"a\n"), (STDERR, b"b\n"), (STDOUT, b"c\n"))
    assert (output.stdout, output.stderr, output.lines) == ("a\nc\n", "b\n", 3)
    assert output.last() == [(STDOUT, "a\n"), (STDERR, "b\n"), (STDOUT, "c\n")]


def test_a_character_may_come_in_two_pieces() -> None:
    content = "ü".encode()
    assert filled((STDOUT, content[:1]), (STDOUT, content[1:])).stdout == "ü"


def test_only_the_last_lines_are_shown() -> None:
    output = filled((STDOUT, b"1\n2\n"), (STDERR, b"3\n"), (STDOUT, b"4\n5"))
    assert plain(output.last(lines=2)) == "4\n5"
    assert output.last(lines=3) == [(STDERR, "3\n"), (STDOUT, "4\n5")]
    assert plain(output.last(lines=99)) == "1\n2\n3\n4\n5"


def test_only_the_last_characters_are_shown() -> None:
    assert plain(filled((STDOUT, b"x" * 50), (STDOUT, b"yz")).last(characters=5)) == "xxxyz"


def test_the_oldest_is_forgotten_beyond_the_limit() -> None:
    output = filled((STDOUT, b"a" * 60), (STDOUT, b"b" * 60), (STDOUT, b"c" * 30), limit=100)
    assert output.stdout == "b" * 60 + "c" * 30
    assert output.forgotten == 60


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("10%\r20%\r100%\n", "100%\n"),
        ("longer\rabc", "abcger"),
        ("longer\r\x1b[Kabc", "abc"),
        ("longer\x1b[2K\rabc", "abc"),
        ("a\r\nb\r\n", "a\nb\n"),
        ("\x1b[31mred\x1b[0m", "\x1b[31mred\x1b[0m"),
        ("\x1b[2J\x1b[1;1Hx\x1b[?25l", "x"),
        ("\x1b]0;title\x07x", "x"),
        ("a\x08\x00b\x07", "ab"),
        ("tab\tstays", "tab\tstays"),
        # Save and restore the cursor, keys, a soft reset, the shape of the cursor, vim's request, a reset of all.
        ("\x1b7\x1b=\x1b[!p\x1b[2 q\x1b[>4;2mx\x1b>\x1b8\x1bc", "x"),
        ("\x1b(Ba\x1b%Gb\x1b#8", "ab"),
        ("\x1bP1$r0m\x1b\\a\x1b_hidden\x1b\\b\x1b^c\x07d", "abd"),
        # What never ends hides nothing.
        ("\x1b]0;open\nx", "0;open\nx"),
        ("a\x1b[31", "a31"),
        ("a\x1b", "a"),
        ("\x9b2Ja\x85b\x7f", "2Jab"),
        ("\x1b[38:5:1mred\x1b[m", "\x1b[38:5:1mred\x1b[m"),
        ("a\u202eb\u2066", "a\ufffdb\ufffd"),
    ],
)
def test_what_is_to_be_seen_when_all_has_been_written(text: str, shown: str) -> None:
    assert settled(text) == shown


def test_nothing_is_nothing() -> None:
    output = Output()
    assert not output
    assert output.last() == []
