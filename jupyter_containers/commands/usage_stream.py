"""stats that goes on: a sample of each container every second, until somebody stops it."""

from __future__ import annotations

import threading
import time
from argparse import Namespace
from collections import deque
from collections.abc import Iterable, Mapping
from contextlib import closing
from typing import Any, ClassVar

from jupyter_containers.client import Client
from jupyter_containers.commands.results import Json, LiveResult, Said
from jupyter_containers.commands.run_result import Interrupted
from jupyter_containers.commands.session import Session
from jupyter_containers.commands.usage import usages
from jupyter_containers.errors import ContainersError

SECONDS = 1.0
# Samples of each container that are kept, for its course.
KEPT = 120
_CLEARED = "\x1b[H\x1b[2J"


class UsageStream(LiveResult):
    """What containers use, second after second. `latest` is a table; `courses` have (time, record) of each name."""

    kind: ClassVar[str] = "stats-stream"

    def __init__(self) -> None:
        self.latest = usages({})
        self.courses: dict[str, deque[tuple[float, Json]]] = {}
        self.ended = False

    def apply(self, event: object) -> Iterable[Said]:
        """Take in a sample of each container by its name, or the interrupt that ended it."""
        if isinstance(event, KeyboardInterrupt):
            self.ended = True
        if not isinstance(event, Mapping):
            return ()
        self.latest, now = usages(event), time.time()
        for record in self.latest.records:
            self.courses.setdefault(record["name"], deque(maxlen=KEPT)).append((now, record))
        return ((1, f"{_CLEARED}{self.latest.text()}\n"),)

    @property
    def df(self) -> Any:
        """The latest records as a DataFrame of pandas."""
        return self.latest.df

    def text(self) -> str:
        return self.latest.text()

    def summary(self) -> str:
        return self.latest.summary()

    def data(self) -> Json:
        names = ("cpu_percent", "memory_bytes")
        courses = {
            name: [[round(at, 1), *(record[word] for word in names)] for at, record in course]
            for name, course in self.courses.items()
        }
        return {**self.latest.data(), "courses": courses}


def follow(session: Session, options: Namespace) -> UsageStream:
    """Show what containers use until all that were named have ended. Raises Interrupted, NotFound for a name."""
    names = [session.client.containers.inspect(name)["Name"].removeprefix("/") for name in options.container]
    result = UsageStream()
    with session.front.live(result) as tell, closing(_Samples(Client(session.client.address))) as samples:
        try:
            while True:
                running = [one.name for one in session.client.containers.list(every=options.all)]
                wanted = [name for name in running if not names or name in names]
                if names and not wanted:
                    return result
                tell(samples.of(wanted))
                samples.wait()
        except KeyboardInterrupt as error:
            tell(error)
            raise Interrupted("the statistics were stopped", result) from None


class _Samples:
    """The last sample of each container, from a thread for each; `close` ends them all."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._latest: dict[str, Json] = {}
        self._threads: dict[str, threading.Thread] = {}
        self._came = threading.Event()
        self._first = True

    def of(self, names: Iterable[str]) -> dict[str, Json]:
        """Return the last samples of containers, and follow those that are new."""
        wanted = list(names)
        for name in wanted:
            known = self._threads.get(name)
            if known is None:
                thread = threading.Thread(target=self._read, args=(name,), name="jupyter-containers stats", daemon=True)
                self._threads[name] = thread
                thread.start()
        for name in set(self._threads) - set(wanted):
            # It may come again under its name.
            if not self._threads[name].is_alive():
                del self._threads[name]
        with self._lock:
            return {name: self._latest[name] for name in wanted if name in self._latest}

    def wait(self) -> None:
        """Wait for a second, or only for the first sample of all."""
        if self._first:
            self._first = not self._came.wait(SECONDS)
        else:
            # Not a sleep: an interrupt ends it at once.
            threading.Event().wait(SECONDS)

    def _read(self, name: str) -> None:
        try:
            for sample in self._client.containers.follow_stats(name):
                with self._lock:
                    self._latest[name] = sample
                self._came.set()
        except ContainersError:
            pass  # it has ended, or nobody looks any more
        with self._lock:
            self._latest.pop(name, None)

    def close(self) -> None:
        self._client.hang_up()
        for thread in self._threads.values():
            thread.join(5)
        self._client.close()
