"""A start that fails, and those who attached before one, with a shim that is lost while they get their streams."""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import Future
from pathlib import Path
from typing import Any, cast

import pytest

from jupyter_containers.engine.containers import start
from jupyter_containers.engine.containers.container import Attaching, Container, Streams
from jupyter_containers.engine.containers.record import HostSettings, Record
from jupyter_containers.errors import ContainersError
from jupyter_containers.supervisor.connection import Shim, ShimLost
from tests.support.roster import roster


class Shims:
    """Gives `count` streams, and is lost then."""

    def __init__(self, count: int) -> None:
        self.theirs: list[socket.socket] = []
        self._count = count

    async def attach(self, **_wanted: Any) -> socket.socket:
        if len(self.theirs) == self._count:
            raise ShimLost("ab" * 32)
        ours, theirs = socket.socketpair()
        self.theirs.append(theirs)
        return ours


def test_nobody_who_attached_early_waits_for_a_shim_that_is_lost() -> None:
    async def test() -> None:
        container, shim = Container(Record("ab" * 32, "web", 1, "sha256:x"), {}), Shims(1)
        waiting = [Attaching(Streams(stdout=True)) for _ in range(3)]
        container.attaching.extend(waiting)
        with pytest.raises(ShimLost):
            await start._attach_early(container, cast(Shim, shim))
        container.refuse_attaching()
        async with asyncio.timeout(1):
            first, *others = [await one.stream for one in waiting]
        assert others == [None, None]
        assert first is not None
        first.close()
        shim.theirs[0].close()

    asyncio.run(test())


def test_all_who_attached_early_get_a_stream_once() -> None:
    async def test() -> None:
        container, shim = Container(Record("ab" * 32, "web", 1, "sha256:x"), {}), Shims(2)
        waiting = [Attaching(Streams(stdout=True)) for _ in range(2)]
        container.attaching.extend(waiting)
        await start._attach_early(container, cast(Shim, shim))
        await start._attach_early(container, cast(Shim, shim))
        for one, theirs in zip(waiting, shim.theirs, strict=True):
            stream = await one.stream
            assert stream is not None
            stream.close()
            theirs.close()

    asyncio.run(test())


class PatientShim:
    """Waits until it is dismissed."""

    container_id = "ab" * 32

    def __init__(self) -> None:
        self.is_dismissed = False
        self.unmounted: Future[None] = Future()

    async def delete(self) -> None:
        self.is_dismissed = True


class Launcher:
    def __init__(self, shim: PatientShim) -> None:
        self._shim = shim

    async def launch(self, _container_id: str, _bundle: Path) -> PatientShim:
        return self._shim


class BrokenSnapshots:
    def mounts(self, _key: str) -> None:
        raise ValueError("nobody has thought of this")


def test_a_start_that_fails_as_nobody_has_thought_of_leaves_no_shim(tmp_path: Path) -> None:
    async def test() -> None:
        shim = PatientShim()
        ours = roster(tmp_path, launcher=Launcher(shim), snapshots=BrokenSnapshots())
        container = ours.add(Record("ab" * 32, "web", 1, "x", host=HostSettings(network_mode="none")))
        with pytest.raises(ContainersError, match="cannot start container web: nobody has thought of this"):
            await start.start(ours, container)
        assert shim.is_dismissed
        assert container.shim is None
        assert container.record.state.error == "nobody has thought of this"
        assert not ours.bundle_path(container.record).exists()

    asyncio.run(test())
