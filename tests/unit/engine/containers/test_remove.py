"""Removals that meet a start, or fail; with real containers: tests/integration/engine/containers/test_remove.py."""

from __future__ import annotations

import asyncio
import errno
from pathlib import Path
from typing import Any, cast

import pytest

from jupyter_containers.engine.containers.container import Container, WaitCondition
from jupyter_containers.engine.containers.record import Record, State, Status
from jupyter_containers.engine.containers.remove import prune, remove
from jupyter_containers.engine.containers.roster import Roster
from jupyter_containers.errors import ContainersError
from jupyter_containers.snapshots.overlay import OverlaySnapshotter
from tests.support.memory_records import MemoryRecords
from tests.support.roster import roster

RECORD = Record("a" * 64, "web", 1, "x", state=State(status=Status.EXITED, started_at=1))
OTHER = Record("b" * 64, "db", 2, "x", state=State(status=Status.EXITED, started_at=1))


class NoImages:
    def let_go(self, _image_id: str) -> None:
        return


class Stuck(OverlaySnapshotter):
    """One snapshot cannot be removed, as when a container has made a file immutable."""

    def remove(self, key: str) -> None:
        if key == RECORD.snapshot_key:
            raise PermissionError(errno.EPERM, "Operation not permitted", key)
        super().remove(key)


class MortalShim:
    """Its container dies when it is killed."""

    def __init__(self, ours: Roster, container: Container) -> None:
        self._roster, self._container = ours, container

    async def kill(self, number: int) -> None:
        self._roster.save_state(self._container, status=Status.EXITED, pid=0, exit_code=128 + number)
        self._container.tell_exit()


def ours_in(folder: Path, kind: type[OverlaySnapshotter] = OverlaySnapshotter) -> Roster:
    return roster(folder, snapshots=kind(folder / "snapshots", MemoryRecords()), images=NoImages())


def test_force_removes_what_is_started_in_the_meantime(tmp_path: Path) -> None:
    """Of a container that crashes and is started again and again, the start is under way now and then."""

    async def test() -> None:
        ours = ours_in(tmp_path)
        container = ours.add(RECORD)
        async with container.lock:
            removing = asyncio.create_task(remove(ours, container, force=True))
            await asyncio.sleep(0)
            ours.save_state(container, status=Status.RUNNING, pid=1)
            container.shim = cast(Any, MortalShim(ours, container))
        await asyncio.wait_for(removing, 5)
        assert container.is_removed
        assert container.record.state.exit_code == 137

    asyncio.run(test())


def test_who_waits_for_a_removal_hears_that_it_has_failed(tmp_path: Path) -> None:
    async def test() -> None:
        ours = ours_in(tmp_path, Stuck)
        container = ours.add(RECORD)
        ours.environment.snapshots.prepare(RECORD.snapshot_key)
        (tmp_path / "snapshots" / "1" / "fs" / "file").touch()
        gone = container.wait(WaitCondition.REMOVED)
        with pytest.raises(ContainersError, match=r"cannot remove container aaaa.*not permitted"):
            await remove(ours, container)
        with pytest.raises(ContainersError, match=r"cannot remove container aaaa.*not permitted"):
            await asyncio.wait_for(gone, 5)
        assert container.record.state.status is Status.DEAD

    asyncio.run(test())


def test_a_prune_goes_on_behind_a_container_that_cannot_be_removed(tmp_path: Path) -> None:
    async def test() -> None:
        ours = ours_in(tmp_path, Stuck)
        for record in (RECORD, OTHER):
            ours.add(record)
            ours.environment.snapshots.prepare(record.snapshot_key)
        for number, size in ((1, 7), (2, 3)):
            (tmp_path / "snapshots" / str(number) / "fs" / "file").write_bytes(b"x" * size)
        assert await prune(ours, lambda _record: True) == ([OTHER.id], 3)

    asyncio.run(test())
