"""Tests of commands.front."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterable
from contextlib import closing

import pytest

from jupyter_containers.commands.front import Line, TerminalFront
from jupyter_containers.commands.results import LiveResult, Message, Said
from jupyter_containers.commands.work import Work
from tests.support.eventually import eventually


class Counting(LiveResult):
    def apply(self, event: object) -> Iterable[Said]:
        return ((2 if event == "bad" else 1, f"{event}\n"),)

    def closing(self) -> Iterable[Said]:
        return ((1, "end\n"),)


def test_notes_leave_standard_output_alone(capsys: pytest.CaptureFixture[str]) -> None:
    TerminalFront().note("by the way")
    TerminalFront(notes_on_stderr=False).note("here")
    assert capsys.readouterr() == ("here\n", "by the way\n")
    TerminalFront().note("a\x1b[2J\nb")
    assert capsys.readouterr().err == "a?[2J\nb\n"


def test_a_result_is_printed_and_an_empty_one_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    TerminalFront().show(Message(("a", "b")))
    TerminalFront().show(Message(()))
    assert capsys.readouterr().out == "a\nb\n"
    TerminalFront().show(Message(("caf\udce9",)))
    with TerminalFront().live(Counting()) as tell:
        tell("caf\udce9")
    assert capsys.readouterr().out == "caf\ufffd\ncaf\ufffd\nend\n"


def test_what_grows_is_printed_as_it_comes(capsys: pytest.CaptureFixture[str]) -> None:
    with TerminalFront().live(Counting()) as tell:
        tell("one")
        assert capsys.readouterr() == ("one\n", "")
        tell("bad")
    assert capsys.readouterr() == ("end\n", "bad\n")


def test_the_end_is_told_after_an_error_too(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="x"), TerminalFront().live(Counting()):
        raise ValueError("x")
    assert capsys.readouterr().out == "end\n"


class Screen(io.StringIO):
    """A terminal, or a file."""

    def __init__(self, *, is_terminal: bool) -> None:
        super().__init__()
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal


def test_a_line_of_a_terminal_comes_if_it_takes_long_and_goes() -> None:
    screen = Screen(is_terminal=True)
    with closing(Line(screen, lambda: "saving")):
        assert eventually(lambda: "saving" in screen.getvalue())
    assert screen.getvalue().startswith("\r\x1b[Ksaving")
    assert screen.getvalue().endswith("\r\x1b[K")
    quick = Screen(is_terminal=True)
    with closing(Line(quick, lambda: "saving")):
        pass
    assert quick.getvalue() == ""


def test_nothing_but_a_terminal_gets_the_line() -> None:
    before = threading.active_count()
    with closing(Line(Screen(is_terminal=False), lambda: "saving")):
        assert threading.active_count() == before


def test_what_shows_itself_takes_the_line_away(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen(is_terminal=True)
    monkeypatch.setattr("sys.stderr", screen)
    front = TerminalFront(all_on_stderr=True)
    with front.slow(Work("save")):
        assert eventually(lambda: screen.getvalue().startswith("\r\x1b[K"))
        with front.live(Counting()) as tell:
            said = len(screen.getvalue())
            tell("one")
    assert screen.getvalue()[:said].endswith("\r\x1b[K")
    assert screen.getvalue()[said:] == "one\nend\n"
