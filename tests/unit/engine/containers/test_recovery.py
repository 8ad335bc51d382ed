"""A daemon starts whatever one container does; with real ones: tests/integration/engine/containers/test_recovery.py."""

from __future__ import annotations

import asyncio
import errno
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from jupyter_containers.engine.containers.record import HostSettings, Record, State, Status
from jupyter_containers.engine.containers.recovery import recover
from jupyter_containers.engine.containers.roster import Roster
from jupyter_containers.shim import protocol
from jupyter_containers.snapshots.overlay import OverlaySnapshotter
from tests.support.memory_records import MemoryRecords
from tests.support.roster import roster

RECORD = Record("a" * 64, "web", 1, "x", host=HostSettings(auto_remove=True), state=State(Status.DEAD, started_at=1))


class NoImages:
    def let_go(self, _image_id: str) -> None:
        return


class NoVolumes:
    def release_strays(self) -> None:
        return


class Stuck(OverlaySnapshotter):
    """Nothing of `stuck` can be removed, as when a container has made a file immutable."""

    stuck = ""

    def remove(self, key: str) -> None:
        if key == self.stuck:
            raise PermissionError(errno.EPERM, "Operation not permitted", key)
        super().remove(key)


def ours_in(folder: Path, stuck: str) -> Roster:
    snapshots = Stuck(folder / "snapshots", MemoryRecords())
    snapshots.stuck = stuck
    return roster(folder, snapshots=snapshots, images=NoImages(), volumes=NoVolumes(), networking=NoNetworking())


class NoNetworking:
    async def restore(self, _attachments: object) -> None:
        return


def test_a_container_that_cannot_be_removed_is_left_and_told_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def test() -> None:
        ours = ours_in(tmp_path, RECORD.snapshot_key)
        other = replace(RECORD, id="b" * 64, name="db")
        for record in (RECORD, other):
            ours.add(record)
            ours.environment.snapshots.prepare(record.snapshot_key)
            (tmp_path / "snapshots" / str(len(ours.all())) / "fs" / "file").touch()
        await recover(ours)
        assert [(one.id, one.record.state.status) for one in ours.all()] == [(RECORD.id, Status.DEAD)]
        await ours.close()

    asyncio.run(test())
    assert "container aaaaaaaaaaaa is left as it is: cannot remove container aaaa" in caplog.text


def test_a_snapshot_of_no_container_that_cannot_be_removed_is_left(tmp_path: Path) -> None:
    async def test() -> None:
        ours = ours_in(tmp_path, "container:" + "c" * 64)
        snapshots = ours.environment.snapshots
        for letter in "cd":
            snapshots.prepare(f"container:{letter * 64}")
        await recover(ours)
        assert [record.key[:14] for record in snapshots.walk()] == ["container:cccc"]
        await ours.close()

    asyncio.run(test())


@contextmanager
def living_shim(ours: Roster, record: Record, status: str) -> Iterator[None]:
    """Be the shim of a container for one question: how things stand."""
    bundle = ours.bundle_path(record)
    bundle.mkdir(parents=True)
    place = protocol.socket_path(ours.environment.places.run, bundle)
    place.parent.mkdir()

    def answer() -> None:
        connection, _ = listener.accept()
        with connection:
            request, _ = protocol.receive(connection)
            assert request is not None
            state = {"status": status}
            protocol.send(connection, {"id": request["id"], "ok": {"shim_pid": 7, "state": state, "exits": {}}})
            connection.recv(1)  # until the daemon has closed its end

    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(str(place))
        listener.listen()
        thread = threading.Thread(target=answer)
        thread.start()
        yield
        thread.join()


@pytest.mark.parametrize(
    ("written", "found", "told"),
    [
        (Status.RUNNING, "paused", Status.PAUSED),
        (Status.PAUSED, "running", Status.RUNNING),
        (Status.PAUSED, "paused", Status.PAUSED),
        # Its end is on its way.
        (Status.PAUSED, "stopped", Status.PAUSED),
    ],
)
def test_whether_a_container_is_paused_its_shim_knows(
    tmp_path: Path, written: Status, found: str, told: Status
) -> None:
    async def test() -> None:
        ours = ours_in(tmp_path, "")
        record = Record("a" * 64, "web", 1, "x", state=State(written, 1, started_at=1))
        container = ours.add(record)
        ours.environment.snapshots.prepare(record.snapshot_key)
        with living_shim(ours, record, found):
            await recover(ours)
            assert container.record.state.status is told
            await ours.close()

    asyncio.run(test())
