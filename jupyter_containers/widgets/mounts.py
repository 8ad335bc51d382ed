"""Where a widget appears: beside the picture that an output keeps, which it hides while it is there.

    {text/html: picture + mark} ─▶ the notebook, which is saved with it ─▶ opened without a kernel: the picture
    Mount (a model without a place of its own) ─▶ in the page: finds the mark, puts the widget there (static/mount.js)

An output that names a widget itself is a bad record: JupyterLab shows "model not found" for it, even if it has a
picture, too. Where pages keep outputs apart from widgets, it is named nevertheless.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Mapping
from typing import Any

import anywidget
from traitlets import Unicode

from jupyter_containers.widgets.static import module

REFERENCE = "application/vnd.jupyter.widget-view+json"
_HTML = "text/html"
# What is set in kernels of front ends that show each output in a frame of its own, or load widgets only for outputs
# that name one.
_APART = ("VSCODE_PID", "VSCODE_CWD", "VSCODE_IPC_HOOK", "COLAB_RELEASE_TAG")


def are_apart() -> bool:
    """Tell whether the front end keeps outputs apart from widgets."""
    return any(name in os.environ for name in _APART) or "google.colab" in sys.modules


def answer_at_once(comm: Any) -> None:
    """Have the browser's messages handled while a cell runs.

    ipykernel 7 answers a comm in the shell that last published on it, which a running cell keeps busy, even if the
    front end sends them to a subshell. The name is private: where it is not, messages wait for the cell.
    """
    if hasattr(comm, "_reply_subshell_for"):
        comm._reply_subshell_for = lambda _parent, default: default


class _Place(anywidget.AnyWidget):  # type: ignore[misc, unused-ignore]
    _esm = module("mount.js")
    shown = Unicode().tag(sync=True)


class Mount:
    """The place of one widget, in all outputs whose forms it made.

    `is_kept`: these outputs are pictures, and may be updated without the widget losing what a person did in it. `seen`
    is set when a browser says that it puts the widget there; `give_up` names the widget in the outputs instead, from
    the next forms on.
    """

    def __init__(self, model: str) -> None:
        self._model = model
        self.is_kept = not are_apart()
        self.seen = threading.Event()
        self._place = _Place(shown=model) if self.is_kept else None
        if self._place is not None:
            answer_at_once(self._place.comm)
            self._place.on_msg(lambda *_: self.seen.set())

    def give_up(self) -> None:
        self.is_kept = False
        self.close()

    def forms(self, forms: Mapping[str, Any]) -> dict[str, Any]:
        """Return the forms of a display, in whose place the widget shall appear."""
        if not self.is_kept:
            return {**forms, REFERENCE: {"version_major": 2, "version_minor": 0, "model_id": self._model}}
        return {**forms, _HTML: f'{forms[_HTML]}<span class="jc-at-{self._model}"></span>'}

    def close(self) -> None:
        """End; to be called when the outputs have got the forms that stay."""
        if self._place is not None:
            self._place.close()
