"""A shelf: things that a client will come back for soon, kept in memory under names that nobody can guess."""

from __future__ import annotations

import math
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from jupyter_containers.errors import NotFound

# A client that does not come by then has gone.
KEPT_SECONDS = 600.0
KEPT_AT_MOST = 32

T = TypeVar("T")


class Shelf(Generic[T]):
    """Keeps the newest things for a while; `monotonic` answers seconds. `kind` is what they are, for messages."""

    def __init__(self, kind: str, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._kind = kind
        self._monotonic = monotonic
        self._kept: dict[str, tuple[float, T]] = {}

    def put(self, thing: T) -> str:
        """Keep a thing, and return its name; the oldest goes when the shelf is full."""
        while len(self._kept) >= KEPT_AT_MOST:
            del self._kept[next(iter(self._kept))]
        name = secrets.token_hex(16)
        self._kept[name] = (self._monotonic() + KEPT_SECONDS, thing)
        return name

    def find(self, name: str) -> T:
        """Return the thing of a name. Raises NotFound."""
        self._drop_old()
        kept = self._kept.get(name)
        if kept is None:
            raise NotFound(f"no {self._kind} is kept as {name}; begin again")
        return kept[1]

    @contextmanager
    def held(self, name: str) -> Iterator[T]:
        """Give the thing of a name, whose time begins anew when the block is over. Raises NotFound."""
        thing = self.find(name)
        self._kept[name] = (math.inf, thing)
        try:
            yield thing
        finally:
            if name in self._kept:
                self._kept[name] = (self._monotonic() + KEPT_SECONDS, thing)

    def remove(self, name: str) -> T:
        """Take a thing away, and return it. Raises NotFound."""
        thing = self.find(name)
        del self._kept[name]
        return thing

    def all(self) -> list[T]:
        self._drop_old()
        return [thing for _, thing in self._kept.values()]

    def _drop_old(self) -> None:
        now = self._monotonic()
        for name in [name for name, (until, _) in self._kept.items() if until <= now]:
            del self._kept[name]
