"""A daemon that is killed at the worst moment: what lives on, what ends, and what the next daemon finds."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from jupyter_containers.cgroups.manager import choose
from jupyter_containers.errors import NotFound
from jupyter_containers.oci.runtime_spec import Mount
from jupyter_containers.runtime import defaults
from jupyter_containers.supervisor import Exit, Shim, reconnect
from jupyter_containers.supervisor.connection import ShimLost
from tests.support.eventually import eventually
from tests.support.supervised import Place, Supervised, gone, read_raw_until, read_streams, supervised

pytestmark = pytest.mark.needs("root", "namespaces", "overlay")

# A daemon of its own process, which does what its argument says, tells what it did, and waits to be killed.
DAEMON = """
import asyncio, json, os, sys
from pathlib import Path
from tests.support.supervised import Place

async def main(folder, rootfs, stage, args):
    place = Place(Path(folder), Path(rootfs))
    await place.launcher.open()
    container = await place.container(*args)
    told = {"bundle": str(container.bundle.path), "shim": container.shim.pid, "init": 0}
    creating = None
    if stage == "creating":
        creating = asyncio.create_task(container.create())
        await asyncio.sleep(0)
    elif stage != "launched":
        await container.create(stdin_open=True)
        told["init"] = container.init_pid
        stream = await container.shim.attach(stdin=True, stdout=True, stderr=True)
        if stage == "running":
            await container.shim.start()
    print(json.dumps(told), flush=True)
    await asyncio.sleep(60)

asyncio.run(main(*sys.argv[1:4], sys.argv[4:]))
"""


@contextmanager
def daemon(folder: Path, rootfs: Path, stage: str, *args: str) -> Iterator[dict[str, Any]]:
    """Start one in a session of its own, as a service; killed with all of its process group when the block ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", DAEMON, str(folder), str(rootfs), stage, *args],
        stdout=subprocess.PIPE,
        start_new_session=True,
        cwd=Path(__file__).parents[3],
    )
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())
    finally:
        # The whole group, as systemd and terminals do it: who wants to outlive the daemon must have left it.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()


def is_there(pid: int) -> bool:
    return os.path.exists(f"/proc/{pid}")


def has_no_group(bundle: Path) -> bool:
    try:
        choose().open(f"jupyter-containers/{bundle.name}")
    except NotFound:
        return True
    return False


@pytest.fixture(autouse=True)
def parent_group_is_removed() -> Iterator[None]:
    yield
    choose().tidy("jupyter-containers")


@pytest.mark.parametrize("stage", ["launched", "creating", "created"])
def test_what_was_not_started_dies_with_the_daemon_and_leaves_nothing(tmp_path: Path, rootfs: Path, stage: str) -> None:
    with daemon(tmp_path, rootfs, stage, "sleep", "600") as told:
        bundle = Path(told["bundle"])
    eventually(lambda: not is_there(told["shim"]))
    if told["init"]:
        assert not is_there(told["init"])
    assert has_no_group(bundle)
    assert os.listdir(tmp_path / "run" / "s") == []
    found = asyncio.run(reconnect(tmp_path / "run", bundle.name, bundle))
    assert isinstance(found, Exit)


def test_what_runs_lives_on_and_is_found_by_the_next_daemon(tmp_path: Path, rootfs: Path) -> None:
    script = "while read x; do echo got $x; done"
    with daemon(tmp_path, rootfs, "running", "sh", "-c", script) as told:
        bundle = Path(told["bundle"])
    assert is_there(told["init"])

    async def next_daemon() -> None:
        found = await reconnect(tmp_path / "run", bundle.name, bundle)
        assert isinstance(found, Shim)
        assert found.pid == told["shim"]
        stream = await found.attach(stdin=True, stdout=True)
        stream.send(b"here\n")
        await read_raw_until(stream, b"got here\n")
        stream.close()
        assert await found.processes() == [told["init"]]
        await found.kill(signal.SIGTERM)
        await found.kill(signal.SIGKILL)
        assert (await found.wait()).exit_code == 137
        await found.delete()

    asyncio.run(next_daemon())
    eventually(lambda: not is_there(told["shim"]))
    assert b"got here" in (bundle / "container.log").read_bytes()
    assert has_no_group(bundle)


def test_an_end_while_no_daemon_is_there_is_kept_with_its_code_and_log(tmp_path: Path, rootfs: Path) -> None:
    script = "read x; echo last words; exit 7"
    with daemon(tmp_path, rootfs, "running", "sh", "-c", script) as told:
        bundle = Path(told["bundle"])

    async def tell_it_to_go_on() -> None:
        found = await reconnect(tmp_path / "run", bundle.name, bundle)
        assert isinstance(found, Shim)
        stream = await found.attach(stdin=True)
        stream.send(b"\n")
        stream.close()
        found.close()

    asyncio.run(tell_it_to_go_on())
    eventually(lambda: not is_there(told["shim"]))
    assert has_no_group(bundle)
    found = asyncio.run(reconnect(tmp_path / "run", bundle.name, bundle))
    assert isinstance(found, Exit)
    assert (found.exit_code, found.oom_killed, found.reason) == (7, False, "")
    assert b'"log":"last words\\n"' in (bundle / "container.log").read_bytes()


def test_two_daemons_hear_of_the_same_end(tmp_path: Path, rootfs: Path) -> None:
    async def work(place: Place) -> None:
        container = await place.container("sleep", "600")
        await container.create()
        await container.shim.start()
        second = await reconnect(place.run_root, container.bundle.path.name, container.bundle.path)
        assert isinstance(second, Shim)
        await second.kill(signal.SIGKILL)
        assert await second.wait() == await container.shim.wait()
        second.close()
        await container.shim.delete()

    supervised(tmp_path, rootfs, work)


def test_ends_of_execs_that_came_before_the_connection_are_known_to_it(tmp_path: Path, rootfs: Path) -> None:
    async def work(place: Place) -> None:
        container = await place.container("sleep", "600")
        await container.create()
        await container.shim.start()
        await container.shim.exec("e", container.process("sh", "-c", "exit 6"), detached=True)
        await container.shim.wait("e")
        second = await reconnect(place.run_root, container.bundle.path.name, container.bundle.path)
        assert isinstance(second, Shim)
        assert (await second.wait("e")).exit_code == 6
        second.close()
        await container.kill_and_delete()

    supervised(tmp_path, rootfs, work)


async def killed_shim(container: Supervised) -> Exit:
    os.kill(container.shim.pid, signal.SIGKILL)
    with pytest.raises(ShimLost):
        await container.shim.wait()
    found = await reconnect(container.bundle.path.parents[1], container.bundle.path.name, container.bundle.path)
    assert isinstance(found, Exit)
    await gone(container.init_pid)
    group = choose().open(f"jupyter-containers/{container.bundle.path.name}")
    for _ in range(1000):
        if not group.processes():
            break
        await asyncio.sleep(0.005)
    group.remove()
    return found


def test_a_container_dies_with_its_shim_and_the_reason_is_told(tmp_path: Path, rootfs: Path) -> None:
    async def work(place: Place) -> None:
        container = await place.container("sh", "-c", "sleep 600 & sleep 600")
        stream = await container.run()
        found = await killed_shim(container)
        assert (found.exit_code, found.reason.partition(":")[0]) == (137, "shim lost")
        assert await read_streams(stream) == (b"", b"")

    supervised(tmp_path, rootfs, work)


def test_a_set_user_id_program_that_forgets_its_parent_death_signal_is_killed_too(tmp_path: Path, rootfs: Path) -> None:
    """The kernel clears the signal when such a file is executed; recovery kills by pid and start time."""

    async def work(place: Place) -> None:
        program = tmp_path / "busybox"
        program.write_bytes((rootfs / "bin" / "busybox").read_bytes())
        program.chmod(0o4755)
        mount = Mount("/bin/suid", "bind", str(program), ("bind", "ro"))
        user = {"user": {"uid": 1000, "gid": 1000}}
        container = await place.container(
            "/bin/suid", "sleep", "600", mounts=(*defaults.default_mounts(), mount), process=_as_user(**user)
        )
        await container.create()
        await container.shim.start()
        await killed_shim(container)

    supervised(tmp_path, rootfs, work)


def _as_user(user: dict[str, int]) -> dict[str, Any]:
    from jupyter_containers.oci.runtime_spec import User

    return {"user": User(**user)}


def test_a_connection_attempt_at_a_stale_name_ends_in_the_record(tmp_path: Path) -> None:
    bundle = tmp_path / "run" / "bundles" / ("a" * 64)
    bundle.mkdir(parents=True)
    (tmp_path / "run" / "s").mkdir()
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET):
        found = asyncio.run(reconnect(tmp_path / "run", "a" * 64, bundle))
    assert isinstance(found, Exit)
    assert found.exit_code == 137
