"""Tests of widgets.log_view: what a message and a page may hold. With a daemon and a browser: tests/browser."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from jupyter_containers.client.addresses import Address
from jupyter_containers.commands.containers import LogPanel, Logs
from jupyter_containers.errors import InvalidParameter
from jupyter_containers.widgets.log_view import LINE_CHARACTERS, MESSAGE_LINES, PAGE_LINES, LogView
from tests.support.canned_server import answer, canned_server


@pytest.fixture
def view(tmp_path: Path) -> Iterator[LogView]:
    client: Any = SimpleNamespace(address=Address(str(tmp_path / "nobody")))
    view = LogView(LogPanel(client, "web", Logs("web"), tmp_path))
    yield view
    view.settle()


def wrote(view: LogView, stream: int, content: bytes) -> None:
    view._take_in(stream, view._panel.output.add(stream, content))


def test_lines_wait_for_their_end_and_keep_stream_and_colours(view: LogView) -> None:
    wrote(view, 1, b"one\ntw")
    wrote(view, 2, b"\x1b[31mred\x1b[0m <b>\n")
    lines, left_out = view._batch()
    assert left_out == 0
    red = "color-mix(in srgb,var(--ansi-red,var(--vscode-terminal-ansiRed,#b03030)) 65%,currentColor)"
    assert lines == [
        [0, [["one", ""]]],
        [1, [["red", f"color:{red}"], [" <b>", ""]]],
    ]
    wrote(view, 1, b"o\n")
    assert view._batch() == ([[0, [["two", ""]]]], 0)


def test_a_message_is_bounded_and_what_is_left_out_is_counted(view: LogView) -> None:
    wrote(view, 1, b"line\n" * (PAGE_LINES + 7))
    lines, left_out = view._batch()
    assert len(lines) == MESSAGE_LINES
    assert left_out == PAGE_LINES + 7 - MESSAGE_LINES
    assert view._batch() == ([], 0)


def test_a_line_is_bounded(view: LogView) -> None:
    wrote(view, 1, b"x" * 100_000 + b"\n")
    [[_, [[text, _css]]]], _left_out = view._batch()
    assert len(text) == LINE_CHARACTERS + 1


def test_the_page_is_filled_again_from_all_that_came(view: LogView) -> None:
    wrote(view, 1, b"".join(b"line %d\n" % number for number in range(3000)))
    found = view.actions()["last"]({})
    assert (len(found["lines"]), found["total"]) == (PAGE_LINES, 3000)
    assert found["lines"][-1] == [0, [["line 2999", ""]]]


def test_a_search_looks_at_all_that_came_and_at_letters_only(view: LogView) -> None:
    wrote(view, 1, b"".join(b"line %d\n" % number for number in range(3000)))
    wrote(view, 2, b"\x1b[31mNee\x1b[1mdle\x1b[0m\n")
    search = view.actions()["search"]
    assert search({"text": "needle"})["lines"][0][0] == 1
    found = search({"text": "LINE"})
    assert (found["count"], len(found["lines"])) == (3000, PAGE_LINES)


def test_a_search_of_the_last_minutes_asks_with_a_time_that_every_daemon_reads(tmp_path: Path) -> None:
    inspected, logs = json.dumps({"Config": {"Tty": True}}).encode(), b"one\ntwo\n"
    with canned_server(tmp_path, answer(inspected), answer(logs)) as server:
        client: Any = SimpleNamespace(address=Address(str(server.path)))
        view = LogView(LogPanel(client, "web", Logs("web"), tmp_path))
        before = time.time()
        assert view.actions()["search"]({"text": "tw", "since": "10m"})["count"] == 1
        (since,) = parse_qs(urlsplit(server.requests[-1].split()[1]).query)["since"]
        assert before - 600 <= float(since) <= time.time() - 600
        with pytest.raises(InvalidParameter, match="not a time: 'soon'"):
            view.actions()["search"]({"since": "soon"})
        view.settle()
