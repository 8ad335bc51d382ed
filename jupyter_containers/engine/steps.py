"""Build steps as containers: implements build's Executor on shims, with the defaults that containers have.

A step is a container without a record: it has a bundle, a shim, a place on the network, and nothing of it is left when
its process has ended, however that came.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from jupyter_containers.build.executor import Step
from jupyter_containers.engine import dismissal
from jupyter_containers.engine.containers.record import HostSettings, Record, Settings
from jupyter_containers.engine.environment import Environment
from jupyter_containers.engine.specification import Facts, specification
from jupyter_containers.linux import capabilities
from jupyter_containers.network import names
from jupyter_containers.oci.runtime_spec import Spec
from jupyter_containers.runtime.bundle import Bundle
from jupyter_containers.supervisor import Created, Shim
from jupyter_containers.supervisor.connection import ShimLost

Output = Callable[[int, bytes], None]

_HEADER = struct.Struct(">BxxxL")
_CHUNK = 256 * 1024


class StepExecutor:
    """Runs the processes of builds. Their files lie under `folder` while they run."""

    def __init__(self, environment: Environment, folder: Path) -> None:
        self._environment = environment
        self._folder = folder

    async def run(self, step: Step, *, output: Output) -> int:
        """See build.executor.Executor."""
        files = self._folder / f"step-{step.id[:12]}"
        bundle = Bundle(self._environment.places.run / "bundles" / step.id)
        try:
            files.mkdir(mode=0o755)
            spec = self._spec(step, files)
            Bundle.create(bundle.path, spec)
            shim = await self._environment.launcher.launch(step.id, bundle.path)
            try:
                return await self._run(step, shim, spec, output)
            finally:
                # Finished even when the build is cancelled now: nothing may run on or stay mounted.
                await asyncio.shield(self._clean_up(step, shim))
        finally:
            bundle.remove()
            shutil.rmtree(files, ignore_errors=True)

    def _spec(self, step: Step, files: Path) -> Spec:
        hostname = step.hostname or step.id[:12]
        (files / "hostname").write_text(names.hostname_text(hostname))
        (files / "hosts").write_text(names.hosts(hostname))
        (files / "resolv.conf").write_text(names.resolv_conf(names.host_resolv_conf()))
        record = Record(
            id=step.id,
            name=f"build-{step.id[:12]}",
            created_at=0,
            image_id="",
            settings=Settings(cmd=step.args, env=step.env, user=step.user, working_dir=step.cwd),
            host=HostSettings(network_mode="bridge" if step.network == "default" else step.network),
        )
        facts = Facts(
            rootfs=step.rootfs,
            files_path=files,
            hostname=hostname,
            known_capabilities=capabilities.NAMES,
            granted_capabilities=capabilities.read().bounding,
        )
        spec = specification(record, facts)
        return replace(spec, mounts=(*spec.mounts, *step.mounts))

    async def _run(self, step: Step, shim: Shim, spec: Spec, output: Output) -> int:
        created = await shim.create(namespaces=spec.own_namespaces)
        try:
            await self._connect(step, created)
        finally:
            if created.netns_fd is not None:
                os.close(created.netns_fd)
            if created.netlink is not None:
                created.netlink.close()
        stream = await shim.attach(stdout=True, stderr=True)
        try:
            await shim.start()
            await _pass_on(stream, output)
        finally:
            stream.close()
        return (await shim.wait()).exit_code

    async def _connect(self, step: Step, created: Created) -> None:
        if created.netns_fd is None or created.netlink is None:
            return
        networking = self._environment.networking
        if step.network == "none":
            await networking.loopback(created.netlink)
            return
        await networking.attach(
            step.id, netns_fd=created.netns_fd, netlink=created.netlink, endpoint_name=f"build-{step.id[:12]}"
        )

    async def _clean_up(self, step: Step, shim: Shim) -> None:
        try:
            if await self._is_running(shim):
                await shim.kill(signal.SIGKILL, everyone=True)
                await shim.wait()
            await shim.delete()
        except ShimLost:
            path = self._environment.places.run / "bundles" / step.id
            await dismissal.dismiss_stray(self._environment, step.id, path)
        finally:
            shim.close()
            self._environment.launcher.stock()
            await self._environment.networking.detach(step.id)

    async def _is_running(self, shim: Shim) -> bool:
        state = (await shim.describe())["state"]
        return state is not None and state["status"] in ("running", "paused")


async def _pass_on(stream: socket.socket, output: Output) -> None:
    """Take stdcopy frames apart until the end. Source: Engine API, ContainerAttach, stream format."""
    loop = asyncio.get_running_loop()
    waiting = bytearray()
    while content := await loop.sock_recv(stream, _CHUNK):
        waiting += content
        while len(waiting) >= _HEADER.size:
            number, length = _HEADER.unpack_from(waiting)
            if len(waiting) < _HEADER.size + length:
                break
            output(number, bytes(waiting[_HEADER.size : _HEADER.size + length]))
            del waiting[: _HEADER.size + length]
