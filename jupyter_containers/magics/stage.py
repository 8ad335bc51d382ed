"""Where a growing picture is drawn: in a display that is updated, or in a widget with a Stop button.

Everything begins as a display. What has not ended after half a second gets a widget, and if a browser shows it,
pictures go there, and to the display only now and then: that is what a notebook is saved with. If none does, the
display goes on as it was: a notebook that is run by a script has no browser.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jupyter_containers.widgets.live import LiveView
    from jupyter_containers.widgets.mounts import Mount

# What takes less is over before anybody could press a button.
DELAY_SECONDS = 0.5
# How long a browser is waited for, which loads what it needs for the first widget.
_PATIENCE_SECONDS = 6.0
# How old the picture may be that a notebook is saved with meanwhile.
KEPT_SECONDS = 2.0
_MOST_MISSES = 2


class Audience:
    """What is known of who looks at this kernel's displays: whether a browser has ever shown a widget.

    `is_attended` tells whether anybody is there at all: scripts keep in the notebook what they know of every widget,
    also of those that are gone.
    """

    def __init__(self, is_attended: Callable[[], bool] = lambda: True) -> None:
        self._is_attended = is_attended
        self._misses = 0
        self._has_come = False

    @property
    def may_come(self) -> bool:
        return self._is_attended() and (self._has_come or self._misses < _MOST_MISSES)

    def has_come(self) -> None:
        self._has_come = True

    def has_not_come(self) -> None:
        self._misses += 1


class Stage:
    """The place of one picture. All is done in the thread that draws, but for `close`, which comes after it."""

    def __init__(
        self, handle: Any, what: str, picture: Callable[[], str], audience: Audience, *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._handle, self._what, self._picture, self._clock = handle, what, picture, clock
        self._audience = audience
        self._begun = clock()
        self._offered_at: float | None = None
        self._view: LiveView | None = None
        self._mount: Mount | None = None
        self._kept_at = self._begun

    @property
    def _offers(self) -> bool:
        is_time = self._offered_at is None and self._clock() - self._begun >= DELAY_SECONDS
        return is_time and self._audience.may_come

    @property
    def _is_patient(self) -> bool:
        return self._offered_at is not None and self._clock() - self._offered_at < _PATIENCE_SECONDS

    def wants(self, has_news: bool) -> bool:
        """Tell whether something is to be drawn now."""
        # A picture that would take the place of a widget waits for it.
        view, mount = self._view, self._mount
        waits = view is not None and not view.here.is_set() and self._is_patient
        is_held = waits and mount is not None and not mount.is_kept
        return not is_held and (has_news or self._offers)

    def draw(self, forms: Mapping[str, Any]) -> int:
        """Draw; return how much was sent."""
        if self._offers:
            forms = self._offer().forms(forms)
        elif self._view is not None and self._view.here.is_set():
            return self._draw_there(self._view, forms)
        elif self._mount is not None and self._is_patient:
            forms = self._mount.forms(forms)
        elif self._view is not None:
            self._audience.has_not_come()
            self.close()
        return self._keep(forms)

    def _draw_there(self, view: LiveView, forms: Mapping[str, Any]) -> int:
        self._audience.has_come()
        view.show(forms["text/html"])
        sent = len(forms["text/html"])
        if self._mount is not None and self._mount.is_kept and self._clock() - self._kept_at >= KEPT_SECONDS:
            sent += self._keep(self._mount.forms(forms))
        return sent

    def _keep(self, forms: Mapping[str, Any]) -> int:
        self._kept_at = self._clock()
        self._handle.update(forms, raw=True)
        return sum(len(text) for text in forms.values() if isinstance(text, str))

    def _offer(self) -> Mount:
        # ipywidgets takes longer to load than most things take to end: who ends before never waits for it.
        from jupyter_containers.widgets.live import LiveView
        from jupyter_containers.widgets.mounts import Mount

        self._view = LiveView(f"{self._what} running", self._picture)
        self._mount = self._view.mount = Mount(self._view.model_id)
        self._offered_at = self._clock()
        return self._mount

    def close(self) -> None:
        """Take the widget away; something else has been displayed in its place."""
        view, self._view, self._mount = self._view, None, None
        if view is not None:
            view.leave()
