"""What the host knows of a container that is to be started."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from jupyter_containers.engine.containers.facts import gather, hostname, joined_namespaces
from jupyter_containers.engine.containers.record import DeviceRequest, HostSettings, Record, Settings, State, Status
from jupyter_containers.errors import Conflict, NotFound
from jupyter_containers.oci.runtime_spec import Mount
from tests.support.roster import roster, with_number_of_another

ROOT = Mount("/", "overlay", "overlay")


class Snapshots:
    def mounts(self, key: str) -> tuple[Mount, ...]:
        assert key == f"container:{'a' * 64}"
        return (ROOT,)


def record(letter: str = "a", name: str = "web", pid: int = 0, **host: object) -> Record:
    state = State(Status.RUNNING, pid) if pid else State()
    return Record(letter * 64, name, 1, "x", host=HostSettings(**host), state=state)  # type: ignore[arg-type]


def test_facts_of_a_plain_container(tmp_path: Path) -> None:
    async def test() -> None:
        ours = roster(tmp_path, snapshots=Snapshots())
        found = gather(ours, record(devices=(DeviceRequest("/dev/null", "/dev/x"),)))
        assert found.rootfs == (ROOT,)
        assert found.files_path == ours.files_path(record())
        assert found.hostname == "a" * 12
        assert [device.path for device in found.devices] == ["/dev/x"]
        assert len(found.device_rules) == 1
        assert set(found.granted_capabilities) <= set(found.known_capabilities)

    asyncio.run(test())


def test_another_containers_network_comes_with_its_names(tmp_path: Path) -> None:
    async def test() -> None:
        ours = roster(tmp_path, snapshots=Snapshots())
        other = ours.add(record("b", "other", pid=77, ipc_mode="shareable"))
        shared = dict.fromkeys(("network_mode", "pid_mode", "ipc_mode"), "container:other")
        joining = record(**shared)
        found = gather(ours, joining)
        paths = {"network": "/proc/77/ns/net", "pid": "/proc/77/ns/pid", "ipc": "/proc/77/ns/ipc"}
        assert found.joined == paths
        assert found.files_path == ours.files_path(other.record)
        assert found.hostname == "b" * 12

    asyncio.run(test())


def test_what_cannot_be_joined_is_refused(tmp_path: Path) -> None:
    async def test() -> None:
        ours = roster(tmp_path)
        ours.add(record("b", "stopped"))
        own = ours.add(record(network_mode="container:web"))
        with pytest.raises(Conflict, match="cannot join network of a non running container: bbb"):
            joined_namespaces(ours, record("c", network_mode="container:stopped"))
        with pytest.raises(Conflict, match="cannot join own network"):
            joined_namespaces(ours, own.record)
        with pytest.raises(NotFound, match="No such container: gone"):
            joined_namespaces(ours, record("c", pid_mode="container:gone"))
        for mode in ("pid_mode", "ipc_mode"):
            with pytest.raises(Conflict, match=r"container bbb.* is not running"):
                joined_namespaces(ours, record("c", **{mode: "container:stopped"}))
        ours.add(record("d", "private", pid=77))
        with pytest.raises(Conflict, match=r"can't join IPC of container ddd.*: non-shareable IPC"):
            joined_namespaces(ours, record("c", ipc_mode="container:private"))

    asyncio.run(test())


def test_names(tmp_path: Path) -> None:
    ours = roster(tmp_path)
    assert hostname(ours, record(network_mode="host")) == socket.gethostname()
    named = Record("a" * 64, "n", 1, "x", settings=Settings(hostname="mine"), host=HostSettings(network_mode="host"))
    assert hostname(ours, named) == "mine"


def test_a_process_that_has_the_pid_of_another_container_by_now_is_not_joined(tmp_path: Path) -> None:
    async def test() -> None:
        ours = roster(tmp_path)
        with_number_of_another(ours, record("b", "other"))
        with pytest.raises(Conflict, match="cannot join network of a non running container"):
            joined_namespaces(ours, record(network_mode="container:other"))

    asyncio.run(test())
