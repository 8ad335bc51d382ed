"""An end that meets a failure; with real containers: tests/integration/engine/containers/test_ending.py."""

from __future__ import annotations

import asyncio
import errno
from ipaddress import ip_address
from pathlib import Path

import pytest

from jupyter_containers.engine.containers.container import WaitCondition
from jupyter_containers.engine.containers.ending import ended
from jupyter_containers.engine.containers.record import Record, State, Status
from jupyter_containers.network.naming import Member, NetworkName
from jupyter_containers.network.values import Attachment
from jupyter_containers.shim.protocol import Exit
from tests.support.roster import roster


class StubbornNetworking:
    """The kernel does not take a published port out of the table."""

    async def detach(self, _container_id: str) -> None:
        raise OSError(errno.ENOBUFS, "No buffer space available")


class Launcher:
    def stock(self, *, after_seconds: float) -> None:
        return


def test_an_end_is_told_when_the_network_is_not_let_go(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def test() -> None:
        ours = roster(tmp_path, networking=StubbornNetworking(), launcher=Launcher())
        container = ours.add(Record("a" * 64, "web", 1, "x", state=State(Status.RUNNING, 1, started_at=1)))
        container.attachments = {"bridge": Attachment("e", "10.0.0.2", 16, "10.0.0.1", "m", "jc1")}
        networks, address = ours.environment.networks, ip_address("10.0.0.2")
        networks.directory.join(
            NetworkName(networks.network_id("bridge"), "bridge"), Member(container.id, ("web",), (address,))
        )
        gone = container.wait(WaitCondition.NOT_RUNNING)
        async with container.lock:
            await ended(ours, container, Exit(3, 5))
        assert await asyncio.wait_for(gone, 5) == 3
        assert networks.directory.reverse(container.id, address) is None
        actions = [event.action for event in ours.environment.events.since(0)]
        assert actions == ["disconnect", "die"]

    asyncio.run(test())
    assert "container aaaaaaaaaaaa has ended, and its network is not all free" in caplog.text
