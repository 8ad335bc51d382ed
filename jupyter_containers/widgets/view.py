"""The base of all widgets: actions that the browser calls, one thread at most, and an end that leaves a picture."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Mapping
from typing import Any

import anywidget
from traitlets import Unicode

from jupyter_containers.commands.results import sendable
from jupyter_containers.errors import ContainersError
from jupyter_containers.widgets.mounts import Mount, answer_at_once
from jupyter_containers.widgets.static import module, sheet

Json = Mapping[str, Any]
Action = Callable[[Json], Any]
# Seconds between two messages of a view, at least: front ends choke on more than 20 a second.
INTERVAL_SECONDS = 0.05


class View(anywidget.AnyWidget):  # type: ignore[misc, unused-ignore]
    """A widget. A subclass names its module and sheet, its `actions`, and may follow something in `watch`.

    `on_settle` is called once, when it ends: by its Close button, by `settle`, or at the end of the kernel; whoever
    displayed it puts the picture in its place there. Actions come in a thread of their own where the front end can
    (JupyterLab's subshells), also while a cell runs: `lock` guards what they share with `watch`.
    """

    _esm = module()
    _css = sheet()
    label = Unicode().tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        self.lock = threading.RLock()
        self.ended = threading.Event()
        self.on_settle: Callable[[], None] = lambda: None
        # Where it is displayed, if it is; ended with it.
        self.mount: Mount | None = None
        super().__init__(**traits)
        self._thread: threading.Thread | None = None
        self.on_msg(self._take)
        answer_at_once(self.comm)

    def actions(self) -> Mapping[str, Action]:
        """Return what the browser may call, by name. An action gets JSON and returns JSON, or raises."""
        return {}

    def watch(self) -> None:
        """Follow something until `ended` is set, in a thread of its own; raising ContainersError ends the view."""

    def begin(self) -> None:
        """Start to watch; called when it is displayed. Without a `watch` of its own a view has no thread."""
        if type(self).watch is View.watch or self._thread is not None:
            return
        # What a thread displays is sent to the cell that a context variable names; a new thread has none.
        context = contextvars.copy_context()
        self._thread = threading.Thread(
            target=context.run, args=(self._watch,), name=f"jupyter-containers {type(self).__name__}", daemon=True
        )
        self._thread.start()

    def settle(self) -> None:
        """End: watch no more, close the widget, and have the picture put in its place. A second time does nothing."""
        with self.lock:
            if self.ended.is_set():
                return
            self.ended.set()
        self.let_go()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout=5)
        try:
            self.on_settle()
        finally:
            self.close()

    def close(self) -> None:
        """End as `settle` does, also when ipywidgets closes it, as Widget.close_all() does."""
        # One whose making has failed is closed, too, when Python lets go of it.
        if "ended" in vars(self):
            self.settle()
            if self.mount is not None:
                self.mount.close()
        super().close()

    @property
    def has_news(self) -> bool:
        """Whether its picture may have changed since somebody asked for it last, at no cost to anybody."""
        return True

    def let_go(self) -> None:
        """End what `watch` waits for; called once, at the end."""

    def tell(self, **message: Any) -> None:
        """Send a message to the browser, which `listen` there gets; bytes under `buffers` go as they are."""
        buffers = message.pop("buffers", None)
        if not self.ended.is_set():
            # Names of files may be no text, and a page that cannot read a message waits for it for ever.
            self.send(sendable(message), buffers=buffers)

    def _watch(self) -> None:
        try:
            self.watch()
        except ContainersError as error:
            self.tell(event="lost", message=error.message)

    def _take(self, _: Any, content: Json, buffers: list[bytes]) -> None:
        """Answer a call of the browser: {"call": name, "id": number, "with": {…}}."""
        name = content.get("call")
        if name == "close":
            self.settle()
            return
        action = self.actions().get(str(name))
        try:
            if action is None:
                raise ContainersError(f"this view has no action {name!r}")
            answer = {"value": action(content.get("with") or {})}
        except ContainersError as error:
            answer = {"error": error.message}
        except Exception as error:
            # Whoever pressed a button waits for an answer, also from code that is wrong.
            self.tell(answers=content.get("id"), error=f"{type(error).__name__}: {error}")
            raise
        self.tell(answers=content.get("id"), **answer)
