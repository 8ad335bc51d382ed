"""Panels that are open in this kernel: displayed as widgets, and settled into pictures when they are closed.

What is displayed is a picture, in whose place the widget appears: front ends without widgets show the picture. It is
drawn anew now and then, as nobody knows when the notebook is saved, and whether its kernel will then come to an end.
"""

from __future__ import annotations

import atexit
import contextvars
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from IPython.display import display

from jupyter_containers.commands.results import Message, Panel, Result
from jupyter_containers.errors import ContainersError
from jupyter_containers.pictures import bundle

if TYPE_CHECKING:
    from jupyter_containers.widgets.boxes import ShownBox
    from jupyter_containers.widgets.mounts import Mount
    from jupyter_containers.widgets.view import View

# How old the picture may be that a notebook is saved with, while its panel is open.
KEPT_SECONDS = 5.0
# And how old what is used from second to second may be: each picture marks the notebook as changed.
COURSE_SECONDS = 60.0
# How long a browser is waited for, which loads what it needs for the first widget.
PATIENCE_SECONDS = 9.0
# Of the time, what is spent on these pictures at most: one part of so many.
_SHARE = 100


class OpenPanels:
    """The views that this kernel shows. At its end all of them are settled, so that no notebook keeps a dead one."""

    def __init__(self) -> None:
        self._views: dict[View | ShownBox, _Shown] = {}
        self._keeper: threading.Thread | None = None
        self._is_empty = threading.Event()

    def open(self, panel: Panel) -> bool:
        """Display a panel's widget; return False when it has none."""
        # ipywidgets takes longer to load than everything else together: only who opens a panel waits for it.
        from jupyter_containers.widgets.choice import view_of

        view = view_of(panel)
        if view is None:
            return False
        self.open_view(view, lambda: panel)
        return True

    def open_view(self, view: View, result: Callable[[], Result]) -> None:
        """Display a widget; `result` is asked for what is to be seen in its place, now and when it ends."""
        view.on_settle = self._displayed(view, view.model_id, result)
        view.begin()

    def open_box(self, box: Any) -> None:
        """Display a box of ipywidgets with parts in it. Raises NotImplementedError for another: it is not ours."""
        from jupyter_containers.widgets.boxes import ShownBox, parts_in

        parts = parts_in(box)
        if not parts:
            raise NotImplementedError
        shown = ShownBox(box, parts)
        shown.on_settle = self._displayed(shown, box.model_id, shown.result)

    def _displayed(self, view: View | ShownBox, model: str, result: Callable[[], Result]) -> Callable[[], None]:
        """Display the widget of a model; return what puts its picture in its place."""
        from jupyter_containers.widgets.mounts import Mount

        if not self._views:
            atexit.register(self.settle_all)
        view.mount = view.mount or Mount(model)
        shown = self._views[view] = _Shown(result, view.mount)
        self._begin()

        def settle() -> None:
            self._forget(view)
            shown.settle()

        return settle

    def _begin(self) -> None:
        """See to it that there is a thread that draws the pictures."""
        if self._keeper is not None and self._keeper.is_alive():
            return
        self._is_empty = threading.Event()
        # What a thread displays is sent to the cell that a context variable names; a new thread has none.
        context = contextvars.copy_context()
        self._keeper = threading.Thread(
            target=context.run, args=(self._keep, self._is_empty), name="jupyter-containers pictures", daemon=True
        )
        self._keeper.start()

    def _keep(self, is_empty: threading.Event) -> None:
        pause = KEPT_SECONDS
        while not is_empty.wait(pause):
            begun = time.monotonic()
            for view, shown in list(self._views.items()):
                shown.keep(has_news=view.has_news)
            pause = max(KEPT_SECONDS, _SHARE * (time.monotonic() - begun))

    def _forget(self, view: View | ShownBox) -> None:
        self._views.pop(view, None)
        if not self._views:
            self._is_empty.set()
            self._keeper = None

    def settle_all(self) -> None:
        """Put pictures in the place of all widgets."""
        atexit.unregister(self.settle_all)
        for view in list(self._views):
            view.settle()


class _Shown:
    """The output of a panel: a picture, drawn anew from time to time, and at the end the one that stays."""

    def __init__(self, result: Callable[[], Result], mount: Mount) -> None:
        self._result, self._mount = result, mount
        self._lock = threading.Lock()
        self._has_ended = False
        self._kept: dict[str, Any] = {}
        self._begun = time.monotonic()
        self._draw(result())
        self._handle = display(mount.forms(self._kept), raw=True, display_id=True)

    def keep(self, *, has_news: bool) -> None:
        """Draw it anew if it has changed, for whoever opens what is saved now."""
        with self._lock:
            if self._has_ended or not self._mount.is_kept:
                return
            if not self._mount.seen.is_set() and time.monotonic() - self._begun > PATIENCE_SECONDS:
                # A page of another kind: it may know widgets that outputs name.
                self._mount.give_up()
                self._handle.update(self._mount.forms(self._kept), raw=True)
                return
            if not has_news:
                return
            try:
                result = self._result()
                is_due = self._is_due(result)
            except ContainersError:
                # What the daemon does not tell now it may tell later.
                return
            if is_due and self._draw(result):
                self._handle.update(self._mount.forms(self._kept), raw=True)

    def _is_due(self, result: Result) -> bool:
        """Tell whether somebody who opens what is saved now would miss more than the last minute of a course."""
        gist = result.gist()
        if gist is None or gist != self._gist:
            return True
        is_old = time.monotonic() - self._kept_at >= COURSE_SECONDS
        # The picture has the time of day in it, which alone is no news.
        return is_old and result.text() != self._text

    def _draw(self, result: Result) -> bool:
        """Draw it; return whether it is another picture now."""
        before, self._gist = self._kept, result.gist()
        self._text, self._kept_at = "" if self._gist is None else result.text(), time.monotonic()
        self._kept = bundle(result, is_settled=False)
        return self._kept != before

    def settle(self) -> None:
        with self._lock:
            self._has_ended = True
            try:
                last = self._result()
            except ContainersError as error:
                last = Message((error.message,))
            self._handle.update(bundle(last), raw=True)
