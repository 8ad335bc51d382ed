"""Unpacked layers on their way to the disk: nobody waits for them, and a power cut on that way is made good.

To flush a layer when it is unpacked would take as long as a seventh of a pull. So its row says in which boot it was
committed (LABEL_UNFLUSHED), in the same transaction; some time after the work, when the kernel has written most of it
anyway, the file system is flushed and the rows no longer say so. A row that says another boot than this one is of a
layer that the machine may have lost when it stopped: it is unpacked again, from its blob, which was flushed at once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from jupyter_containers.errors import ContainersError
from jupyter_containers.linux import file_systems
from jupyter_containers.metadata.database import Database
from jupyter_containers.metadata.snapshots import Snapshots
from jupyter_containers.oci.snapshot_record import LABEL_PLACES, LABEL_UNFLUSHED, SnapshotRecord

_log = logging.getLogger(__name__)

# The kernel begins to write what is dirty for so long. Source: Linux, vm.dirty_expire_centisecs.
FLUSH_SECONDS = 30.0


def boot_id() -> str:
    """Return the id of this boot of the machine. Source: random(4)."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


class Flushing:
    """Flushes the file system of `folder` for the rows in `database`. `close` before the database is closed."""

    def __init__(self, database: Database, folder: Path, boot: str, *, seconds: float = FLUSH_SECONDS) -> None:
        self._database = database
        self._records = Snapshots(database)
        self._folder = folder
        self._boot = boot
        self._seconds = seconds
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._is_wanted_again = self._is_closed = False

    def mend(self, unpack_again: Callable[[list[str]], list[str]]) -> None:
        """Have made again what another boot may not have brought to the disk. Blocks; nobody may use the store yet.

        `unpack_again` gets names, bottom first, and returns those that could not be made again: they are asked for at
        the next start, too.
        """
        lost = [record for record in self._marked() if record.labels[LABEL_UNFLUSHED] != self._boot]
        names = [record.key for record in lost if not record.labels.get(LABEL_PLACES)]
        if not lost:
            return
        if names:
            _log.warning("%d layers may not have reached the disk before this machine stopped; made again", len(names))
        failed = set(unpack_again(names)) if names else set()
        self._flush([record for record in lost if record.key not in failed])

    def later(self) -> None:
        """Flush in a while, if there is anything to flush then."""
        if self._is_closed:
            return
        if self._task is not None:
            # It has looked for what is to be flushed, and knows nothing of what came since.
            self._is_wanted_again = True
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._seconds, self._begin)

    async def close(self) -> None:
        """Wait for a flush under way, and begin no other; what is not flushed stays marked."""
        self._is_closed = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)

    def _begin(self) -> None:
        self._timer = None
        self._task = asyncio.ensure_future(self._run())

    async def _run(self) -> None:
        try:
            await asyncio.to_thread(self.flush)
        except (OSError, ContainersError) as error:
            _log.warning("cannot flush %s: %s", self._folder, error)
        finally:
            self._task = None
            if self._is_wanted_again:
                self._is_wanted_again = False
                self.later()

    def flush(self) -> None:
        """Flush what this boot has committed. Blocks."""
        self._flush([record for record in self._marked() if record.labels[LABEL_UNFLUSHED] == self._boot])

    def _marked(self) -> list[SnapshotRecord]:
        return [record for record in self._records.all() if LABEL_UNFLUSHED in record.labels]

    def _flush(self, records: list[SnapshotRecord]) -> None:
        if not records:
            return
        file_systems.flush(self._folder)
        with self._database.transaction():
            for record in records:
                # It may have gone meanwhile, and another may have come under its name.
                if self._records.get(record.key) == record:
                    labels = {name: text for name, text in record.labels.items() if name != LABEL_UNFLUSHED}
                    self._records.update(replace(record, labels=labels))
