"""Make chunks in a thread of their own, a few ahead of who uses them: inflating and hashing release the interpreter."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

_DEPTH = 4


@contextmanager
def read_ahead(chunks: Iterable[bytes], depth: int = _DEPTH) -> Iterator[Iterator[bytes]]:
    """Give an iterator over `chunks` that are made by another thread, at most `depth` ahead.

    The thread has ended when the `with` block has been left, however it was left. What `chunks` raises is raised by
    the iterator.
    """
    ready: queue.Queue[bytes | BaseException | None] = queue.Queue(depth)
    stop = threading.Event()
    thread = threading.Thread(target=_produce, args=(chunks, ready, stop), name="layer read-ahead", daemon=True)
    thread.start()
    try:
        yield _consume(ready)
    finally:
        stop.set()
        _empty(ready)
        thread.join()


def _produce(chunks: Iterable[bytes], ready: queue.Queue[bytes | BaseException | None], stop: threading.Event) -> None:
    try:
        for chunk in chunks:
            ready.put(chunk)
            if stop.is_set():
                return
        ready.put(None)
    except BaseException as error:  # noqa: BLE001 - it is raised again on the other side
        ready.put(error)


def _consume(ready: queue.Queue[bytes | BaseException | None]) -> Iterator[bytes]:
    while (item := ready.get()) is not None:
        if isinstance(item, BaseException):
            raise item
        yield item


def _empty(ready: queue.Queue[bytes | BaseException | None]) -> None:
    """Make room, so that a producer that waits for it sees that it shall stop."""
    try:
        while True:
            ready.get_nowait()
    except queue.Empty:
        pass
