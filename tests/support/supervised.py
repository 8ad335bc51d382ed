"""Containers through launcher, zygote and shim, as the daemon runs them: no images, no network, no database."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import struct
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from jupyter_containers.cgroups.manager import choose
from jupyter_containers.oci.runtime_spec import Process, Spec
from jupyter_containers.runtime.bundle import Bundle
from jupyter_containers.supervisor import Created, Launcher, LogOptions, Shim
from tests.support.containers import overlay, spec_for

_HEADER = struct.Struct(">BxxxL")


class Supervised:
    """One container and its shim."""

    def __init__(self, bundle: Bundle, spec: Spec, shim: Shim) -> None:
        self.bundle = bundle
        self.spec = spec
        self.shim = shim
        self.init_pid = 0

    @property
    def log_path(self) -> Path:
        return self.bundle.path / "container.log"

    async def create(self, *, stdin_open: bool = False, stdin_once: bool = False) -> None:
        created = await self.shim.create(
            log=LogOptions(str(self.log_path)), stdin_open=stdin_open, stdin_once=stdin_once
        )
        self.init_pid = created.pid
        close(created)

    async def run(self, *, stdin_open: bool = False, stdin_once: bool = False) -> socket.socket:
        """Create, attach to everything, start; return the stream."""
        await self.create(stdin_open=stdin_open, stdin_once=stdin_once)
        stream = await self.shim.attach(stdin=stdin_open, stdout=True, stderr=True)
        await self.shim.start()
        return stream

    def process(self, *args: str, **changes: Any) -> Process:
        """Return an exec with the container's own privileges."""
        return replace(self.spec.process, **{"args": args, "terminal": False, **changes})

    async def kill_and_delete(self) -> None:
        await self.shim.kill(signal.SIGKILL)
        await self.shim.wait()
        await self.shim.delete()


class Place:
    """A run root with a launcher."""

    def __init__(self, folder: Path, rootfs: Path) -> None:
        self.run_root, self.rootfs, self._folder = folder / "run", rootfs, folder
        self.run_root.mkdir(exist_ok=True)
        self.launcher = Launcher(self.run_root)
        self.shims: list[Shim] = []

    async def container(self, *args: str, **changes: Any) -> Supervised:
        """Launch the shim of a new container; `changes` as for spec_for."""
        identifier = uuid.uuid4().hex * 2
        upper = self._folder / identifier[:8]
        upper.mkdir()
        spec = spec_for(
            self.rootfs, *args, rootfs=(overlay(self.rootfs, upper),),
            **{"cgroups_path": f"jupyter-containers/{identifier}"} | changes,
        )  # fmt: skip
        bundle = Bundle.create(self.run_root / "bundles" / identifier, spec)
        self.shims.append(await self.launcher.launch(identifier, bundle.path))
        return Supervised(bundle, spec, self.shims[-1])


@contextlib.asynccontextmanager
async def _opened(folder: Path, rootfs: Path) -> AsyncIterator[Place]:
    place = Place(folder, rootfs)
    await place.launcher.open()
    try:
        yield place
    finally:
        for shim in place.shims:
            shim.close()
        await place.launcher.close()


def supervised(folder: Path, rootfs: Path, work: Callable[[Place], Awaitable[None]]) -> None:
    """Run `work` on a loop of its own."""

    async def main() -> None:
        async with _opened(folder, rootfs) as place:
            await asyncio.wait_for(work(place), 60)

    asyncio.run(main())
    choose().tidy("jupyter-containers")


def close(created: Created) -> None:
    if created.netns_fd is not None:
        os.close(created.netns_fd)
    if created.netlink is not None:
        created.netlink.close()


async def read_raw(stream: socket.socket) -> bytes:
    """Read a stream to its end, and close it."""
    content = bytearray()
    while chunk := await asyncio.get_running_loop().sock_recv(stream, 1 << 18):
        content += chunk
    stream.close()
    return bytes(content)


async def read_raw_until(stream: socket.socket, text: bytes) -> bytes:
    content = bytearray()
    while text not in content:
        chunk = await asyncio.get_running_loop().sock_recv(stream, 1 << 16)
        assert chunk, bytes(content)
        content += chunk
    return bytes(content)


async def read_streams(stream: socket.socket) -> tuple[bytes, bytes]:
    """Read frames to their end; return what came on stdout and on stderr."""
    return split(await read_raw(stream))


def split(content: bytes) -> tuple[bytes, bytes]:
    parts, position = {1: bytearray(), 2: bytearray()}, 0
    while position < len(content):
        number, length = _HEADER.unpack_from(content, position)
        position += _HEADER.size
        assert position + length <= len(content), "a frame that was cut"
        parts[number] += content[position : position + length]
        position += length
    return bytes(parts[1]), bytes(parts[2])


async def gone(pid: int) -> None:
    """Wait until a process is no more."""
    for _ in range(2000):
        if not os.path.exists(f"/proc/{pid}"):
            return
        await asyncio.sleep(0.005)
    raise AssertionError(f"process {pid} is still there")
