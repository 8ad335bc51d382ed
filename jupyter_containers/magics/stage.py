"""Where a growing picture is drawn: in a display that is updated, or in a widget with a Stop button.

Everything begins as a display. What has not ended after half a second is displayed as a widget, and if a browser shows
it, pictures go there. If none does, the display goes on as it was: a notebook that is run by a script has no browser.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jupyter_containers.widgets.live import LiveView

WIDGET = "application/vnd.jupyter.widget-view+json"
# What takes less is over before anybody could press a button.
DELAY_SECONDS = 0.5
# How long a browser is waited for, which loads what it needs for the first widget; nothing is drawn meanwhile.
_PATIENCE_SECONDS = 6.0
_MOST_MISSES = 2


class Audience:
    """What is known of who looks at this kernel's displays: whether a browser has ever shown a widget."""

    def __init__(self) -> None:
        self._misses = 0
        self._has_come = False

    @property
    def may_come(self) -> bool:
        return self._has_come or self._misses < _MOST_MISSES

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

    @property
    def _offers(self) -> bool:
        is_time = self._offered_at is None and self._clock() - self._begun >= DELAY_SECONDS
        return is_time and self._audience.may_come

    @property
    def _waits(self) -> bool:
        if self._view is None or self._offered_at is None or self._view.here.is_set():
            return False
        return self._clock() - self._offered_at < _PATIENCE_SECONDS

    def wants(self, has_news: bool) -> bool:
        """Tell whether something is to be drawn now."""
        return not self._waits and (has_news or self._offers)

    def draw(self, forms: Mapping[str, Any]) -> int:
        """Draw; return how much was sent."""
        if self._offers:
            forms = {**forms, **self._offer()}
        elif self._view is not None and self._view.here.is_set():
            self._audience.has_come()
            self._view.show(forms["text/html"])
            return len(forms["text/html"])
        elif self._view is not None:
            self._audience.has_not_come()
            self.close()
        self._handle.update(forms, raw=True)
        return sum(len(text) for text in forms.values() if isinstance(text, str))

    def _offer(self) -> dict[str, Any]:
        # ipywidgets takes longer to load than most things take to end: who ends before never waits for it.
        from jupyter_containers.widgets.live import LiveView

        self._view = LiveView(f"{self._what} running", self._picture)
        self._offered_at = self._clock()
        return {WIDGET: {"version_major": 2, "version_minor": 0, "model_id": self._view.model_id}}

    def close(self) -> None:
        """Take the widget away; something else has been displayed in its place."""
        view, self._view = self._view, None
        if view is not None:
            view.leave()
