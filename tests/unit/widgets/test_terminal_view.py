"""Tests of widgets.terminal_view: what goes to the browser, and when it is waited for. Typing is in tests/browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jupyter_containers.commands.terminal_session import TerminalSession
from jupyter_containers.errors import Unsupported
from jupyter_containers.widgets import terminal_view
from jupyter_containers.widgets.terminal_view import AHEAD_BYTES, KEPT_BYTES, TerminalView


class Sending(TerminalView):
    def __init__(self, panel: TerminalSession) -> None:
        super().__init__(panel)
        self.sent: list[tuple[Any, Any]] = []

    def send(self, content: Any, buffers: Any = None) -> None:
        self.sent.append((content, buffers))


class Still:
    title, has_terminal = "sh in <b>\x1b[1mweb", True


def session(preface: str = "") -> TerminalSession:
    way: Any = Still()
    return TerminalSession(way, lambda: None, preface=preface)  # type: ignore[arg-type, return-value]


@pytest.fixture
def view() -> Sending:
    return Sending(session())


def test_the_name_is_text_that_steers_nothing(view: Sending) -> None:
    assert view.label == "terminal: sh in <b>?[1mweb"


def test_output_goes_as_bytes_with_its_place(view: Sending) -> None:
    assert view._show(b"abc") and view._show(b"de")
    assert view.sent == [({"event": "output", "upto": 3}, [b"abc"]), ({"event": "output", "upto": 5}, [b"de"])]


def test_a_page_that_comes_later_gets_the_end(view: Sending) -> None:
    view._show(b"x" * KEPT_BYTES)
    view._show(b"end")
    assert view._open({"rows": 10, "columns": 20}) == KEPT_BYTES + 3
    message, buffers = view.sent[-1]
    assert message == {"event": "again", "upto": KEPT_BYTES + 3}
    assert len(buffers[0]) == KEPT_BYTES and buffers[0].endswith(b"end")


def test_a_browser_that_is_behind_is_waited_for_but_not_for_ever(view: Sending, monkeypatch: Any) -> None:
    view._open({})
    view._show(b"x" * (AHEAD_BYTES + 1))
    assert view._show(b"y") is False
    monkeypatch.setattr(terminal_view, "PATIENCE_SECONDS", 0.0)
    count = len(view.sent)
    assert view._show(b"y") is True
    assert len(view.sent) == count
    view._saw({"upto": AHEAD_BYTES + 1})
    assert view.sent[-1][0] == {"event": "again", "upto": AHEAD_BYTES + 2}


def test_sizes_stay_within_what_a_terminal_can_have(view: Sending) -> None:
    view._take_size({"rows": 10**9, "columns": -5})
    assert view._size == (500, 2)


def test_without_xterm_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal_view, "VENDOR", tmp_path)
    with pytest.raises(Unsupported, match="installed without xterm"):
        terminal_view.view(session())
    assert terminal_view.view(session("a failed step")) is None
