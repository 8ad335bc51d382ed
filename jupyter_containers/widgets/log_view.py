"""Logs of a container that are followed: bounded messages to a bounded page, and all of it here for searches.

daemon ─▶ watch: pieces ─▶ Output (the kernel's) ─▶ at most 20 messages a second, of at most 500 lines each
browser: search {text, since} ─▶ the last lines that match; save ─▶ a file beside the notebook
"""

from __future__ import annotations

import re
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from jupyter_containers.client import Client
from jupyter_containers.client.build_outputs import replacing
from jupyter_containers.client.streams import STDERR
from jupyter_containers.commands.containers import LogPanel
from jupyter_containers.commands.output import Output, settled
from jupyter_containers.commands.quantities import size_text, timestamp
from jupyter_containers.errors import ContainersError
from jupyter_containers.pictures import ansi
from jupyter_containers.widgets.static import module, sheet
from jupyter_containers.widgets.view import INTERVAL_SECONDS, Action, Json, View

# What the page holds, what one message brings, and how much of a line is shown.
PAGE_LINES, MESSAGE_LINES, LINE_CHARACTERS = 1000, 500, 2000
_NOT_A_NAME = re.compile(r"[^A-Za-z0-9_.-]+")
# A line as the browser gets it: [1 on standard error, [[text, css], …]].
Line = list[Any]


class LogView(View):
    """A view of LogPanel. What arrives faster than pages can be drawn is counted and left out of the page."""

    _esm = module("log_view.js")
    _css = sheet("log_view.css")

    def __init__(self, panel: LogPanel) -> None:
        super().__init__(label=f"logs of {panel.container}")
        self._panel = panel
        self._client = Client(panel.client.address)
        self._waiting: deque[tuple[int, str]] = deque(maxlen=PAGE_LINES)
        self._rest: dict[int, str] = {}
        self._left_out = 0
        self._is_over = threading.Event()
        self._is_closing = False

    def actions(self) -> Mapping[str, Action]:
        return {"last": self._last, "search": self._search, "save": self._save}

    def let_go(self) -> None:
        self._is_closing = True
        self._client.hang_up()

    def watch(self) -> None:
        reader = threading.Thread(target=self._read, name="jupyter-containers log", daemon=True)
        reader.start()
        while not self.ended.wait(INTERVAL_SECONDS):
            is_over = self._is_over.is_set()
            with self.lock:
                lines, left_out = self._batch()
                total = self._panel.output.lines
            if lines or left_out:
                self.tell(event="lines", lines=lines, leftOut=left_out, total=total)
            elif is_over:
                break
        reader.join(5)
        self._client.close()
        if not self.ended.is_set():
            self.tell(event="over")

    def _read(self) -> None:
        try:
            pieces = self._client.containers.logs(
                self._panel.container, follow=True, tail=self._panel.tail, since=self._panel.since
            )
            for stream, content in pieces:
                with self.lock:
                    self._take_in(stream, self._panel.output.add(stream, content))
                if self.ended.is_set():
                    return
        except ContainersError as error:
            if not self._is_closing:
                self.tell(event="lost", message=error.message)
        finally:
            with self.lock:
                for stream, text in self._rest.items():
                    self._take_in(stream, "\n" if text else "")
            self._is_over.set()

    def _take_in(self, stream: int, text: str) -> None:
        *lines, rest = (self._rest.get(stream, "") + text).split("\n")
        self._rest[stream] = rest[-LINE_CHARACTERS * 2 :]
        self._left_out += max(0, len(self._waiting) + len(lines) - PAGE_LINES)
        self._waiting.extend((stream, line) for line in lines)

    def _batch(self) -> tuple[list[Line], int]:
        """Return what goes into the next message, and how many lines before it nobody will see there."""
        left_out, self._left_out = self._left_out, 0
        # What is not the end of what waits would be pushed out of the page at once.
        while len(self._waiting) > MESSAGE_LINES:
            self._waiting.popleft()
            left_out += 1
        lines = [_shown(stream, line) for stream, line in self._waiting]
        self._waiting.clear()
        return lines, left_out

    def _last(self, _: Json) -> Json:
        with self.lock:
            self._waiting.clear()
            self._left_out = 0
            lines = _lines(self._panel.output.last(PAGE_LINES))
            return {"lines": [_shown(*line) for line in lines], "total": self._panel.output.lines}

    def _search(self, given: Json) -> Json:
        """Return the last lines that have a text, of all that came or, told so, of what the daemon has since a time."""
        text, since = str(given.get("text") or "").lower(), timestamp(str(given.get("since") or ""))
        if since:
            found = Output()
            with Client(self._panel.client.address) as client:
                for stream, content in client.containers.logs(self._panel.container, since=since):
                    found.add(stream, content)
            pieces = _all(found)
        else:
            with self.lock:
                pieces = _all(self._panel.output)
        matching = [line for line in _lines(pieces) if text in ansi.without(line[1]).lower()]
        return {"lines": [_shown(*line) for line in matching[-PAGE_LINES:]], "count": len(matching)}

    def _save(self, _: Json) -> str:
        name = f"{_NOT_A_NAME.sub('-', self._panel.container)}.log"
        size = 0
        with Client(self._panel.client.address) as client, replacing(self._panel.folder / name) as file:
            for _stream, content in client.containers.logs(self._panel.container):
                size += file.write(content)
        return f"saved all of it as {name} ({size_text(size)})"


def _all(output: Output) -> list[tuple[int, str]]:
    return output.last(output.lines + 1, 1 << 30)


def _lines(pieces: Sequence[tuple[int, str]]) -> list[tuple[int, str]]:
    """Return pieces as lines; one that two streams share is two."""
    return [(stream, line) for stream, text in pieces for line in text.removesuffix("\n").split("\n")]


def _shown(stream: int, line: str) -> Line:
    text = settled(line)
    cut = f"{text[:LINE_CHARACTERS]}…" if len(text) > LINE_CHARACTERS else text
    return [int(stream == STDERR), [[piece, css] for piece, css in ansi.pieces(cut)]]


def view(panel: LogPanel) -> LogView:
    """Return the widget of a LogPanel."""
    return LogView(panel)
