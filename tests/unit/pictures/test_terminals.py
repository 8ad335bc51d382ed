"""Tests of pictures.terminals."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from jupyter_containers.commands.terminal_session import TerminalSession
from jupyter_containers.pictures import bundle


class Still:
    title, has_terminal = "sh in <b>", True


def closed(preface: str = "") -> TerminalSession:
    way: Any = Still()
    session = TerminalSession(way, lambda: None, preface=preface)  # type: ignore[arg-type, return-value]
    session.started = session.finished = datetime.now(UTC)
    return session


def test_colours_are_kept_and_the_rest_is_text() -> None:
    session = closed()
    session.take(b"\x1b[31mred\x1b[0m <img src=x>\x1b]0;t\x07")
    session.exit_code = 3
    html = bundle(session)["text/html"]
    assert "red</span> &lt;img src=x&gt;" in html and "✗ exit 3" in html and "sh in &lt;b&gt;" in html


def test_a_place_that_nobody_opened_is_shown_as_it_is() -> None:
    session = closed("failed step <x>")
    session.started = session.finished = None
    html = bundle(session)["text/html"]
    assert "failed step &lt;x&gt;" in html and "not opened" not in html
