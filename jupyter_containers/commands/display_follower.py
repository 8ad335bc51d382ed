"""What Python in a container shows, while it still runs: the file of its displays is looked at now and then."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from jupyter_containers.client import Client
from jupyter_containers.commands.front import Tell
from jupyter_containers.commands.run_result import Displayed
from jupyter_containers.errors import ContainersError
from jupyter_containers.variables import displays, parcel

INTERVAL_SECONDS = 0.3
# What is larger is not fetched again and again; it comes when the container has ended.
MOST_BYTES = 32 << 20
# Of the time, what is spent on fetching at most: one part of so many.
_SHARE = 5


@dataclass
class DisplayFollower:
    """Tells of displays in `folder` of a container, on a connection of its own that `connect` makes.

    Whatever prevents it is no error: the displays come at the end anyway, and are whole only then.
    """

    connect: Callable[[], Client]
    folder: str
    interval_seconds: float = INTERVAL_SECONDS
    _container: str = ""
    _size: int = 0
    _ended: threading.Event = field(default_factory=threading.Event)

    def watch(self, container: str) -> None:
        """Follow this container, which has been started."""
        self._container = container

    @contextmanager
    def telling(self, tell: Tell) -> Iterator[None]:
        """Tell Displayed during the block, from a thread that has ended when the block has."""
        thread = threading.Thread(target=self._follow, args=(tell,), name="jupyter-containers displays")
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()

    def _follow(self, tell: Tell) -> None:
        client, pause = None, self.interval_seconds
        while not self._ended.wait(pause):
            if not self._container:
                continue
            begun = time.monotonic()
            try:
                client = client or self.connect()
                if shown := self._new(client):
                    tell(Displayed(shown))
            except ContainersError:
                pass
            pause = max(self.interval_seconds, _SHARE * (time.monotonic() - begun))
        if client is not None:
            client.close()

    def _new(self, client: Client) -> list[displays.Display]:
        """Return all displays, if there are more than at the last look. Raises NotFound, and what prevents it."""
        place = f"{self.folder}/out/{parcel.DISPLAY}"
        size = int(client.archives.look(self._container, place)["size"])
        if size == self._size or size > MOST_BYTES:
            return []
        self._size = size
        tar = client.archives.get(self._container, place)
        content = parcel.read(tar, limit=2 * MOST_BYTES, depth=0).get(parcel.DISPLAY, b"")
        # The last line may be on its way.
        return displays.parse(content[: content.rfind(b"\n") + 1])
