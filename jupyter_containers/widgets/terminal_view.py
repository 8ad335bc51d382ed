"""A terminal in a cell: xterm.js, which is sent once to each page, and the bytes of a process.

The bytes go to xterm's `write` and nowhere else. The browser tells how far it has come; a process that writes more
than it can take waits, as at any terminal. A page that is gone is not waited for: it gets the end when it is back.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping

from traitlets import Bool, Unicode

from jupyter_containers.commands.results import Panel, visible
from jupyter_containers.commands.terminal_session import TerminalSession
from jupyter_containers.errors import Unsupported
from jupyter_containers.widgets.static import FOLDER, module, sheet
from jupyter_containers.widgets.view import Action, Json, View

VENDOR = FOLDER / "vendor"
MODULES = ("xterm.mjs", "addon-fit.mjs")
_SHEET = "xterm.css"
# What is sent again to a page that comes later.
KEPT_BYTES = 256 * 1024
# How much the browser may be behind, and how long it is waited for.
AHEAD_BYTES, PATIENCE_SECONDS = 512 * 1024, 5.0
# Nobody types so much at once; what is pasted comes in pieces.
_TYPED_CHARACTERS = 1024 * 1024


def view(panel: Panel) -> View | None:
    """Return the widget of a terminal. Raises Unsupported where xterm.js is not there.

    None for a place with a way to a terminal among others: its picture tells them all.
    """
    assert isinstance(panel, TerminalSession)
    if not all((VENDOR / name).is_file() for name in (*MODULES, _SHEET)):
        if panel.preface:
            return None
        raise Unsupported(
            "a terminal in a cell: this jupyter-containers was installed without xterm.js; install it again where npm "
            "is (Debian: apt-get install npm), or type the same after `jupyter containers` in a terminal"
        )
    return TerminalView(panel)


class TerminalView(View):
    """The widget of a TerminalSession."""

    _esm = module("terminal.js")
    _css = sheet("terminal.css") if not (VENDOR / _SHEET).is_file() else sheet(f"vendor/{_SHEET}", "terminal.css")
    preface = Unicode().tag(sync=True)
    at_once = Bool().tag(sync=True)

    def __init__(self, panel: TerminalSession) -> None:
        super().__init__(
            label=f"terminal: {visible(panel.way.title)}", preface=panel.preface, at_once=not panel.preface
        )
        self.panel = panel
        self._size = (24, 80)
        self._begun = threading.Event()
        self._kept = bytearray()
        self._sent = self._seen = 0
        self._seen_at = 0.0
        self._is_behind = False

    def actions(self) -> Mapping[str, Action]:
        return {
            "modules": self._modules, "open": self._open, "type": self._type, "resize": self._resize, "seen": self._saw,
        }  # fmt: skip

    def watch(self) -> None:
        self._begun.wait()
        if not self.ended.is_set():
            self.panel.run(*self._size, self._show)
            self.settle()

    def let_go(self) -> None:
        """End the process with its terminal."""
        self.panel.end()
        self._begun.set()

    def _modules(self, given: Json) -> None:
        self.tell(event="modules", buffers=[(VENDOR / name).read_bytes() for name in MODULES])

    def _open(self, given: Json) -> int:
        """Begin, or go on in a page that comes later: it gets the end of what was shown. Return where that ends."""
        self._take_size(given)
        with self.lock:
            self._seen, self._seen_at, self._is_behind = self._sent, time.monotonic(), False
            self.tell(event="again", upto=self._sent, buffers=[bytes(self._kept)])
            sent = self._sent
        if self._begun.is_set():
            self.panel.resize(*self._size)
        self._begun.set()
        return sent

    def _take_size(self, given: Json) -> None:
        rows, columns = int(given.get("rows", 24)), int(given.get("columns", 80))
        self._size = (min(max(rows, 2), 500), min(max(columns, 2), 1000))

    def _type(self, given: Json) -> None:
        text = str(given.get("text", ""))[:_TYPED_CHARACTERS]
        self.panel.type(text.encode("latin-1", "replace") if given.get("binary") else text.encode("utf-8", "replace"))

    def _resize(self, given: Json) -> None:
        self._take_size(given)
        self.panel.resize(*self._size)

    def _saw(self, given: Json) -> None:
        with self.lock:
            self._seen, self._seen_at = max(self._seen, int(given.get("upto", 0))), time.monotonic()
            is_back, self._is_behind = self._is_behind, False
        if is_back:
            self.tell(event="again", upto=self._sent, buffers=[bytes(self._kept)])

    def _show(self, content: bytes) -> bool:
        """Send output; return False when the browser must come nearer first."""
        with self.lock:
            is_ahead = self._sent - self._seen > AHEAD_BYTES
            if is_ahead and time.monotonic() - self._seen_at < PATIENCE_SECONDS and not self.ended.is_set():
                return False
            self._is_behind = self._is_behind or is_ahead
            self._sent += len(content)
            self._kept += content
            del self._kept[:-KEPT_BYTES]
            if not self._is_behind:
                self.tell(event="output", upto=self._sent, buffers=[content])
        return True
