"""The lives and deaths of a container, as its shim sees and tells them."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from pathlib import Path

import pytest

from jupyter_containers.cgroups.manager import choose
from jupyter_containers.errors import Conflict, ContainersError, NotFound
from jupyter_containers.oci.runtime_spec import ANNOTATION_INIT, Namespace, Resources
from jupyter_containers.runtime import defaults
from tests.support.supervised import Place, Supervised, gone, read_streams, supervised

pytestmark = pytest.mark.needs("root", "namespaces", "overlay")


def written(container: Supervised, name: str) -> dict[str, object]:
    content: dict[str, object] = json.loads((container.bundle.path / name).read_bytes())
    return content


def group_is_gone(container: Supervised) -> bool:
    try:
        choose().open(f"jupyter-containers/{container.bundle.path.name}")
    except NotFound:
        return True
    return False


@pytest.mark.parametrize(
    ("script", "code"),
    [("true", 0), ("exit 3", 3), ("kill -9 $$", 0), ("sh -c 'kill -9 $$'; exit $?", 137), ("exit 255", 255)],
)
def test_the_exit_code_is_told_and_written_down(tmp_path: Path, rootfs: Path, script: str, code: int) -> None:
    async def work(place: Place) -> None:
        container = await place.container("sh", "-c", script)
        await container.create()
        await container.shim.start()
        ended = await container.shim.wait()
        assert (ended.exit_code, ended.oom_killed) == (code, False)
        assert written(container, "exit.json") == ended.to_json()
        # What it was while it lived; that it does not any more, the other file says.
        assert written(container, "state.json")["status"] == "running"
        await container.shim.delete()
        await gone(container.shim.pid)
        assert group_is_gone(container)

    supervised(tmp_path, rootfs, work)


def test_the_state_file_follows_the_states(tmp_path: Path, rootfs: Path) -> None:
    async def work(place: Place) -> None:
        container = await place.container("sleep", "600")
        await container.create()
        created = written(container, "state.json")
        assert (created["status"], created["pid"], created["shim_pid"]) == (
            "created", container.init_pid, container.shim.pid,
        )  # fmt: skip
        await container.shim.start()
        assert written(container, "state.json")["status"] == "running"
        with pytest.raises(Conflict):
            await container.shim.start()
        with pytest.raises(Conflict, match="running"):
            await container.shim.delete()
        await container.shim.pause()
        assert written(container, "state.json")["status"] == "paused"
        with pytest.raises(Conflict):
            await container.shim.pause()
        await container.shim.resume()
        assert written(container, "state.json")["status"] == "running"
        await container.kill_and_delete()

    supervised(tmp_path, rootfs, work)


@pytest.mark.parametrize(("args", "code"), [(("no-such-program",), 127), (("/etc",), 126)])
@pytest.mark.parametrize("annotations", [{}, {ANNOTATION_INIT: "true"}], ids=["plain", "init"])
def test_what_cannot_be_executed_has_ended_with_its_code(
    tmp_path: Path, rootfs: Path, args: tuple[str, ...], code: int, annotations: dict[str, str]
) -> None:
    async def work(place: Place) -> None:
        container = await place.container(*args, annotations=annotations)
        await container.create()
        with pytest.raises(ContainersError) as caught:
            await container.shim.start()
        assert caught.value.details["exit_code"] == code
        assert (await container.shim.wait()).exit_code == code
        assert written(container, "exit.json")["exit_code"] == code
        await container.shim.delete()
        assert group_is_gone(container)

    supervised(tmp_path, rootfs, work)


def test_a_create_that_fails_leaves_a_shim_that_can_be_deleted(tmp_path: Path, rootfs: Path) -> None:
    async def work(place: Place) -> None:
        container = await place.container("true", process={"cwd": "/etc/passwd"})
        with pytest.raises(ContainersError):
            await container.create()
        await container.shim.delete()
        await gone(container.shim.pid)
        assert group_is_gone(container)

    supervised(tmp_path, rootfs, work)


def test_a_paused_container_dies_of_sigkill_at_once(tmp_path: Path, rootfs: Path) -> None:
    async def work(place: Place) -> None:
        container = await place.container("sleep", "600")
        await container.create()
        await container.shim.start()
        await container.shim.pause()
        await container.shim.kill(signal.SIGKILL)
        assert (await asyncio.wait_for(container.shim.wait(), 5)).exit_code == 137
        await container.shim.delete()

    supervised(tmp_path, rootfs, work)


@pytest.mark.needs("cgroup_memory")
def test_a_container_that_the_kernel_killed_for_memory_says_so(tmp_path: Path, rootfs: Path) -> None:
    async def work(place: Place) -> None:
        resources = Resources(memory_limit=16 << 20, devices=defaults.default_device_rules())
        container = await place.container("sh", "-c", "x=$(tail /dev/zero); echo $x", resources=resources)
        await container.create()
        await container.shim.start()
        ended = await container.shim.wait()
        assert ended.oom_killed
        assert written(container, "exit.json")["oom_killed"] is True
        await container.shim.delete()

    supervised(tmp_path, rootfs, work)


def test_orphans_and_execs_die_with_the_first_process(tmp_path: Path, rootfs: Path) -> None:
    async def work(place: Place) -> None:
        container = await place.container("sh", "-c", "sleep 600 & read x")
        await container.create(stdin_open=True)
        await container.shim.start()
        pid, _ = await container.shim.exec("e", container.process("sleep", "600"), detached=True)
        everybody = await container.shim.processes()
        assert pid in everybody
        await container.shim.kill(signal.SIGKILL)
        await container.shim.wait()
        assert (await container.shim.wait("e")).exit_code == 137
        await asyncio.gather(*map(gone, everybody))
        await container.shim.delete()

    supervised(tmp_path, rootfs, work)


def test_without_a_pid_namespace_of_its_own_nothing_of_a_container_survives_it(tmp_path: Path, rootfs: Path) -> None:
    async def work(place: Place) -> None:
        namespaces = tuple(entry for entry in defaults.default_namespaces() if entry.type != "pid")
        container = await place.container("sh", "-c", "sleep 600 & echo $!", namespaces=namespaces)
        out, _ = await read_streams(await container.run())
        assert (await container.shim.wait()).exit_code == 0
        await gone(int(out))
        await container.shim.delete()
        assert group_is_gone(container)

    supervised(tmp_path, rootfs, work)


def test_a_network_namespace_of_others_brings_no_descriptors(tmp_path: Path, rootfs: Path) -> None:
    async def work(place: Place) -> None:
        namespaces = tuple(
            Namespace("network", "/proc/self/ns/net") if entry.type == "network" else entry
            for entry in defaults.default_namespaces()
        )
        container = await place.container("true", namespaces=namespaces)
        created = await container.shim.create()
        assert (created.netns_fd, created.netlink) == (None, None)
        await container.shim.delete()
        await gone(created.pid)

    supervised(tmp_path, rootfs, work)


def test_usage_processes_and_new_limits(tmp_path: Path, rootfs: Path) -> None:
    async def work(place: Place) -> None:
        container = await place.container("sleep", "600")
        await container.create()
        await container.shim.start()
        assert await container.shim.processes() == [container.init_pid]
        await container.shim.update(Resources(pids_limit=77))
        usage = await container.shim.usage()
        assert (usage["pids"], usage["pids_limit"]) == (1, 77)
        await container.kill_and_delete()

    supervised(tmp_path, rootfs, work)


def test_many_execs_leave_nothing_in_the_shim(tmp_path: Path, rootfs: Path) -> None:
    async def work(place: Place) -> None:
        container = await place.container("sleep", "600")
        await container.create()
        await container.shim.start()

        async def one(name: str) -> None:
            _, stream = await container.shim.exec(name, container.process("echo", name), stdout=True)
            assert stream is not None
            assert await read_streams(stream) == (f"{name}\n".encode(), b"")
            await container.shim.wait(name)
            container.shim.forget(name)

        async def state() -> tuple[int, list[str]]:
            described = await container.shim.describe()
            return len(os.listdir(f"/proc/{container.shim.pid}/fd")), [*described["exits"], *described["running"]]

        await one("e0")
        before = await state()
        for number in range(1, 40):
            await one(f"e{number}")
        assert await state() == before
        await container.kill_and_delete()

    supervised(tmp_path, rootfs, work)


def test_a_shim_has_no_ear_for_the_container(tmp_path: Path, rootfs: Path) -> None:
    """Nothing of the shim's is open in the container, and its sockets have no abstract names (CVE-2020-15257)."""

    async def work(place: Place) -> None:
        container = await place.container("sleep", "600")
        await container.create()
        await container.shim.start()
        fds = sorted(os.listdir(f"/proc/{container.init_pid}/fd"))
        assert fds == ["0", "1", "2"]
        assert "@" not in Path(f"/proc/{container.shim.pid}/net/unix").read_text().split(str(place.run_root))[0][-2:]
        ignored = [
            line for line in Path(f"/proc/{container.init_pid}/status").read_text().splitlines() if "SigIgn" in line
        ]
        assert int(ignored[0].split()[1], 16) == 0
        await container.kill_and_delete()

    supervised(tmp_path, rootfs, work)
