"""Zygote, shims and the daemon's side of them, on the real kernel: lives, deaths, and who survives whom."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from jupyter_containers.cgroups.manager import choose
from jupyter_containers.errors import ContainersError
from jupyter_containers.oci.runtime_spec import Process, Spec
from jupyter_containers.runtime import defaults
from jupyter_containers.runtime.bundle import Bundle
from jupyter_containers.supervisor import Exit, Launcher, LogOptions, Shim, reconnect
from tests.support.containers import PATH, overlay, spec_for
from tests.support.eventually import eventually
from tests.support.rootfs import busybox_rootfs

pytestmark = pytest.mark.needs("root", "namespaces", "overlay")


class Place:
    """A run root with a launcher, and bundles on one busybox."""

    def __init__(self, folder: Path) -> None:
        self.run, self.rootfs = folder / "run", folder / "rootfs"
        self.run.mkdir()
        busybox_rootfs(self.rootfs)
        self.folder = folder
        self.launcher = Launcher(self.run)

    def bundle(self, *args: str, **process: object) -> Bundle:
        container_id = uuid.uuid4().hex * 2
        upper = self.folder / container_id[:8]
        upper.mkdir()
        spec: Spec = spec_for(
            self.rootfs, *args, process=process, rootfs=(overlay(self.rootfs, upper),),
            cgroups_path=f"jupyter-containers/{container_id}",
        )  # fmt: skip
        return Bundle.create(self.run / "bundles" / container_id, spec)

    async def launch(self, bundle: Bundle) -> Shim:
        return await self.launcher.launch(bundle.path.name, bundle.path)

    async def started(self, *args: str, log: Path | None = None, **process: object) -> tuple[Bundle, Shim]:
        bundle = self.bundle(*args, **process)
        shim = await self.launch(bundle)
        created = await shim.create(log=LogOptions(str(log)) if log else None)
        close(created)
        await shim.start()
        return bundle, shim


def close(created: object) -> None:
    netns_fd, netlink = created.netns_fd, created.netlink  # type: ignore[attr-defined]
    if netns_fd is not None:
        os.close(netns_fd)
        netlink.close()


@asynccontextmanager
async def place_in(folder: Path) -> AsyncIterator[Place]:
    place = Place(folder)
    await place.launcher.open()
    try:
        yield place
    finally:
        await place.launcher.close()


def in_place(folder: Path, work: Callable[[Place], Awaitable[None]]) -> None:
    async def main() -> None:
        async with place_in(folder) as place:
            await work(place)

    asyncio.run(main())
    choose().tidy("jupyter-containers")


async def read_all(stream: socket.socket) -> bytes:
    loop, content = asyncio.get_running_loop(), b""
    while chunk := await loop.sock_recv(stream, 65536):
        content += chunk
    stream.close()
    return content


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_life_from_launch_to_delete(tmp_path: Path) -> None:
    async def work(place: Place) -> None:
        bundle = place.bundle("sh", "-c", "echo out; echo err >&2; exit 3")
        shim = await place.launch(bundle)
        created = await shim.create(log=LogOptions(str(tmp_path / "log")))
        early = await shim.attach(stdout=True, stderr=True)
        close(created)
        await shim.start()
        ended = await shim.wait()
        assert (ended.exit_code, ended.oom_killed) == (3, False)
        seen = await read_all(early)
        assert b"\x01\0\0\0\0\0\0\x04out\n" in seen
        assert b"\x02\0\0\0\0\0\0\x04err\n" in seen
        assert (bundle.path / "exit.json").exists()
        await shim.delete()
        eventually(lambda: not is_alive(shim.pid))
        assert (tmp_path / "log").read_text().count("\n") == 2

    in_place(tmp_path, work)


def test_a_program_that_is_not_there_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    async def work(place: Place) -> None:
        shim = await place.launch(place.bundle("no-such-program"))
        close(await shim.create())
        with pytest.raises(ContainersError) as caught:
            await shim.start()
        assert caught.value.details["exit_code"] == 127
        await shim.delete()

    in_place(tmp_path, work)


def test_an_exec_has_its_own_streams_and_end(tmp_path: Path) -> None:
    async def work(place: Place) -> None:
        _, shim = await place.started("sleep", "600")
        names = defaults.default_capabilities()
        process = Process(("sh", "-c", "cat; exit 5"), (PATH,), capabilities=defaults.capability_sets(names))
        pid, stream = await shim.exec("e1", process, stdin=True, stdout=True, stderr=True)
        assert stream is not None
        assert is_alive(pid)
        stream.send(b"fed")
        stream.shutdown(socket.SHUT_WR)
        assert await read_all(stream) == b"\x01\0\0\0\0\0\0\x03fed"
        assert (await shim.wait("e1")).exit_code == 5
        await shim.kill(signal.SIGKILL)
        assert (await shim.wait()).exit_code == 137
        await shim.delete()

    in_place(tmp_path, work)


def test_containers_outlive_the_daemon_and_are_found_again(tmp_path: Path) -> None:
    async def work(place: Place) -> None:
        bundle, shim = await place.started("sh", "-c", "while [ ! -e /go ]; do usleep 10000; done; exit 9")
        shim.close()
        await place.launcher.close()
        found = await reconnect(place.run, bundle.path.name, bundle.path)
        assert isinstance(found, Shim)
        names = defaults.default_capabilities()
        touch = Process(("touch", "/go"), (PATH,), capabilities=defaults.capability_sets(names))
        await found.exec("touch", touch, detached=True)
        assert (await found.wait()).exit_code == 9
        await found.delete()

    in_place(tmp_path, work)


def test_an_end_that_nobody_heard_is_written_down(tmp_path: Path) -> None:
    async def work(place: Place) -> None:
        bundle, shim = await place.started("sh", "-c", "usleep 200000; exit 7")
        pid = shim.pid
        shim.close()
        eventually(lambda: not is_alive(pid))
        ended = await reconnect(place.run, bundle.path.name, bundle.path)
        assert isinstance(ended, Exit)
        assert ended.exit_code == 7

    in_place(tmp_path, work)


def test_a_container_that_was_not_started_dies_with_its_daemon(tmp_path: Path) -> None:
    async def work(place: Place) -> None:
        shim = await place.launch(place.bundle("sleep", "600"))
        created = await shim.create()
        close(created)
        pids = (shim.pid, created.pid)
        shim.close()
        eventually(lambda: not any(is_alive(pid) for pid in pids))

    in_place(tmp_path, work)


def test_a_container_dies_with_its_shim_and_that_is_said(tmp_path: Path) -> None:
    async def work(place: Place) -> None:
        bundle, shim = await place.started("sleep", "600")
        init = int((await shim.describe())["state"]["pid"])
        os.kill(shim.pid, signal.SIGKILL)
        with pytest.raises(ContainersError, match="gone"):
            await shim.wait()
        eventually(lambda: not is_alive(init))
        ended = await reconnect(place.run, bundle.path.name, bundle.path)
        assert isinstance(ended, Exit)
        assert (ended.exit_code, ended.reason.partition(":")[0]) == (137, "shim lost")
        group = choose().open(f"jupyter-containers/{bundle.path.name}")
        eventually(lambda: not group.processes())
        group.remove()

    in_place(tmp_path, work)


def test_a_dead_zygote_is_replaced_and_its_shims_do_not_notice(tmp_path: Path) -> None:
    async def work(place: Place) -> None:
        _, first = await place.started("sleep", "600")
        (zygote,) = (pid for pid in pids_titled("jc: zygote") if parent_of(pid) == os.getpid())
        os.kill(zygote, signal.SIGKILL)
        _, second = await place.started("sleep", "600")
        for shim in (first, second):
            await shim.kill(signal.SIGKILL)
            assert (await shim.wait()).exit_code == 137
            await shim.delete()

    in_place(tmp_path, work)


def pids_titled(title: str) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if (entry / "cmdline").read_bytes().startswith(title.encode()):
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def test_the_zygotes_interpreter_cannot_be_written_to(tmp_path: Path) -> None:
    """CVE-2019-5736: whoever gets hold of /proc/<pid>/exe must not overwrite the host's interpreter."""

    async def work(place: Place) -> None:
        bundle, shim = await place.started("sleep", "600")
        (zygote,) = (pid for pid in pids_titled("jc: zygote") if parent_of(pid) == os.getpid())
        for pid in (zygote, shim.pid):
            # Its mount is attached nowhere: read-only, and not the one that the host's files are on.
            with open(f"/proc/{pid}/exe", "rb") as program:
                assert os.fstatvfs(program.fileno()).f_flag & os.ST_RDONLY
        await shim.kill(signal.SIGKILL)
        await shim.wait()
        await shim.delete()
        assert bundle

    in_place(tmp_path, work)


def mounts_in(namespace: str) -> bool:
    """Tell whether anybody but this test knows of a mount namespace, by a process or an open descriptor."""
    for process in Path("/proc").glob("[0-9]*"):
        links = [process / "ns/mnt", *process.glob("fd/*")]
        for link in links:
            with suppress(OSError):
                if os.readlink(link) == namespace:
                    return True
    return False


def test_mounts_that_are_kept_outlive_the_processes_and_are_gone_when_it_is_said(tmp_path: Path) -> None:
    async def work(place: Place) -> None:
        bundle = place.bundle("sleep", "60")
        shim = await place.launch(bundle)
        created = await shim.create(keeps_mounts=True)
        close(created)
        namespace = os.readlink(f"/proc/{created.pid}/ns/mnt")
        await shim.start()
        await shim.kill(signal.SIGKILL)
        await shim.wait()
        assert mounts_in(namespace)
        assert not shim.unmounted.done()
        await shim.delete()
        await asyncio.wrap_future(shim.unmounted)
        assert not mounts_in(namespace)
        assert not shim.is_open

    in_place(tmp_path, work)


def test_mounts_that_an_earlier_daemon_has_kept_are_waited_for_by_the_next(tmp_path: Path) -> None:
    async def work(place: Place) -> None:
        bundle = place.bundle("sleep", "60")
        shim = await place.launch(bundle)
        created = await shim.create(keeps_mounts=True)
        close(created)
        namespace = os.readlink(f"/proc/{created.pid}/ns/mnt")
        await shim.start()
        shim.close()
        found = await reconnect(place.run, bundle.path.name, bundle.path)
        assert isinstance(found, Shim)
        await found.kill(signal.SIGKILL)
        await found.wait()
        await found.delete()
        assert not found.unmounted.done()
        await asyncio.wrap_future(found.unmounted)
        assert not mounts_in(namespace)

    in_place(tmp_path, work)


def test_mounts_go_with_the_processes_where_nobody_keeps_them(tmp_path: Path) -> None:
    async def work(place: Place) -> None:
        bundle = place.bundle("sleep", "60")
        shim = await place.launch(bundle)
        created = await shim.create()
        close(created)
        namespace = os.readlink(f"/proc/{created.pid}/ns/mnt")
        await shim.start()
        await shim.kill(signal.SIGKILL)
        await shim.wait()
        assert not mounts_in(namespace)
        await shim.delete()

    in_place(tmp_path, work)
