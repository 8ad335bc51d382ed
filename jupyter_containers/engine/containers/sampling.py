"""When the history of statistics is written: while a container runs, and not at all while none does.

The steps grow with the number of containers, so that what a daemon does unasked stays below a thousandth of a
core however many there are. Nothing of it is loaded before the first step.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from jupyter_containers.engine.containers.container import Container
from jupyter_containers.engine.containers.roster import Roster

if TYPE_CHECKING:
    from jupyter_containers.engine.containers.history import History

STEP_SECONDS = 10.0
STEP_SECONDS_EACH = 0.25
# Nobody runs: how often it is looked whether what is kept is older than an hour.
REST_SECONDS = 900.0


def step_seconds(containers: Sequence[Container]) -> float:
    """Return how long to wait until the next pass."""
    running = sum(container.is_running for container in containers)
    return max(STEP_SECONDS, STEP_SECONDS_EACH * running) if running else REST_SECONDS


class Sampling:
    """Owner of the history and of the one task that adds to it."""

    def __init__(self, roster: Roster) -> None:
        self._roster = roster
        self._history: History | None = None
        self._task: asyncio.Task[None] | None = None
        self._begun = asyncio.Event()
        roster.on_run = self._has_begun

    @property
    def history(self) -> History:
        """The history; made, and its module loaded, when it is first needed."""
        if self._history is None:
            from jupyter_containers.engine.containers.history import History

            self._history = History(self._roster)
        return self._history

    def _has_begun(self, _container: Container) -> None:
        """Go on, or begin: a container runs."""
        self._begun.set()
        if self._task is None or self._task.done():
            self._task = self._roster.spawn(self._sample(), "history of statistics")

    async def _sample(self) -> None:
        while True:
            self._begun.clear()
            pause = step_seconds(self._roster.all())
            if pause == REST_SECONDS:
                if self._history is None or self._history.is_empty:
                    return
                await self._rest()
                continue
            await asyncio.sleep(pause)
            # Where all have ended by now, nothing was ever kept, and nothing need be loaded for it.
            if self._history is not None or step_seconds(self._roster.all()) != REST_SECONDS:
                await self.history.pass_by()

    async def _rest(self) -> None:
        """Wait until a container begins; look now and then what can be forgotten."""
        try:
            await asyncio.wait_for(self._begun.wait(), REST_SECONDS)
        except TimeoutError:
            await self.history.pass_by()
