"""How much a registry may keep altogether: blobs, manifests, and what has come of uploads that are not finished."""

from __future__ import annotations

import threading
from collections.abc import Callable

from jupyter_containers.registry.server.refusals import Refusal


class Quota:
    """`limit` in bytes; `measure` answers how many are there, blocks, and is asked when that is not known.

    Usable from any thread. Bytes count when they come, so uploads at the same time do not exceed it together.
    """

    def __init__(self, limit: int, measure: Callable[[], int]) -> None:
        self._limit = limit
        self._measure = measure
        self._used: int | None = None
        self._lock = threading.Lock()

    def take(self, count: int) -> None:
        """Count bytes that are about to be written. Raises Refusal if there is no room for them; they do not count."""
        with self._lock:
            if self._used is None:
                self._used = self._measure()
            if self._used + count > self._limit:
                raise Refusal(
                    403,
                    "DENIED",
                    f"this registry keeps {self._limit} bytes at most: delete what is not needed any more",
                )
            self._used += count

    def changed(self) -> None:
        """Something has gone, or turned out to be here already: what is there is measured anew."""
        with self._lock:
            self._used = None
