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

from jupyter_containers.build.executor import NetworkMode, Step, StepLimits
from jupyter_containers.engine import dismissal, tracing
from jupyter_containers.engine.containers import hostfiles
from jupyter_containers.engine.containers.checks import check_host_settings
from jupyter_containers.engine.containers.connecting import Network
from jupyter_containers.engine.containers.create import host_limits
from jupyter_containers.engine.containers.devices import host_devices
from jupyter_containers.engine.containers.record import (
    DEFAULT_SHM_BYTES,
    HostSettings,
    Limits,
    Record,
    Settings,
    Ulimit,
)
from jupyter_containers.engine.containers.roster import Roster
from jupyter_containers.engine.specification import Facts, specification
from jupyter_containers.linux import capabilities
from jupyter_containers.oci.runtime_spec import Spec
from jupyter_containers.runtime.bundle import Bundle
from jupyter_containers.supervisor import Created, Shim
from jupyter_containers.supervisor.connection import ShimLost

Output = Callable[[int, bytes], None]

_HEADER = struct.Struct(">BxxxL")
_CHUNK = 256 * 1024


class StepExecutor:
    """Runs the processes of builds. Their files lie under `folder` while they run."""

    def __init__(self, roster: Roster, folder: Path) -> None:
        self._roster = roster
        self._environment = roster.environment
        self._folder = folder

    async def run(self, step: Step, *, output: Output) -> int:
        """See build.executor.Executor."""
        files = self._folder / f"step-{step.id[:12]}"
        bundle = Bundle(self._environment.places.run / "bundles" / step.id)
        record = _record(step)
        work = tracing.begin("build step", step.id, " ".join(step.args))
        network = Network(self._roster, record, None if work is None else work.rows)
        try:
            files.mkdir(mode=0o755)
            spec = self._spec(step, record, files)
            if work is not None:
                spec = work.mark(spec)
            Bundle.create(bundle.path, spec)
            shim = await self._environment.launcher.launch(step.id, bundle.path)
            try:
                await self._connect(record, spec, network, shim, files)
                return await self._run(shim, output, is_traced=work is not None)
            finally:
                if work is not None:
                    work.keep(bundle.path)
                # Finished even when the build is cancelled now: nothing may run on or stay mounted.
                await asyncio.shield(self._clean_up(step, network, shim))
        finally:
            bundle.remove()
            shutil.rmtree(files, ignore_errors=True)

    def _spec(self, step: Step, record: Record, files: Path) -> Spec:
        hostfiles.write_texts(self._roster, record, _hostname(step), files)
        facts = Facts(
            rootfs=step.rootfs,
            files_path=files,
            hostname=_hostname(step),
            devices=tuple(host_devices()) if step.is_privileged else (),
            known_capabilities=capabilities.NAMES,
            granted_capabilities=capabilities.read().bounding,
        )
        spec = specification(record, facts)
        return replace(spec, mounts=(*spec.mounts, *step.mounts))

    async def _connect(self, record: Record, spec: Spec, network: Network, shim: Shim, files: Path) -> None:
        created = None
        try:
            created = await shim.create(on_network=network.connect, namespaces=spec.own_namespaces)
            attachments = await network.connected()
            await self._environment.name_servers.open(record, shim)
        finally:
            if created is not None:
                _close(created)
        addresses = [text for one in attachments.values() for text in (one.ip_address, one.ipv6_address) if text]
        hostfiles.write_texts(self._roster, record, record.settings.hostname, files, addresses)

    async def _run(self, shim: Shim, output: Output, *, is_traced: bool) -> int:
        stream = await shim.attach(stdout=True, stderr=True)
        try:
            await shim.start(is_traced=is_traced)
            await _pass_on(stream, output)
        finally:
            stream.close()
        return (await shim.wait()).exit_code

    async def _clean_up(self, step: Step, network: Network, shim: Shim) -> None:
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
            await network.give_up()

    async def _is_running(self, shim: Shim) -> bool:
        state = (await shim.describe())["state"]
        return state is not None and state["status"] in ("running", "paused")


def _hostname(step: Step) -> str:
    return step.hostname or step.id[:12]


def _record(step: Step) -> Record:
    """Return what the step would be as a container."""
    return Record(
        id=step.id,
        name=f"build-{step.id[:12]}",
        created_at=0,
        image_id="",
        settings=Settings(cmd=step.args, env=step.env, user=step.user, working_dir=step.cwd, hostname=_hostname(step)),
        host=replace(host_settings(step.limits, step.network), privileged=step.is_privileged),
    )


def _close(created: Created) -> None:
    if created.netns_fd is not None:
        os.close(created.netns_fd)
    if created.netlink is not None:
        created.netlink.close()


def check_limits(roster: Roster, limits: StepLimits, network: NetworkMode) -> None:
    """Refuse what no container of this host could have. Raises InvalidParameter, Unsupported, NotFound (a network)."""
    check_host_settings(host_settings(limits, network), lambda: host_limits(roster))
    if network not in ("default", "none", "host"):
        roster.environment.networks.get(network)


def host_settings(limits: StepLimits, network: NetworkMode) -> HostSettings:
    """Return what a step's container may have of this host. Pure."""
    return HostSettings(
        network_mode="bridge" if network == "default" else network,
        shm_size=limits.shm_size or DEFAULT_SHM_BYTES,
        ulimits=tuple(Ulimit(*each) for each in limits.ulimits),
        extra_hosts=limits.extra_hosts or None,
        limits=Limits(
            memory=limits.memory,
            memory_swap=limits.memory_swap,
            cpu_shares=limits.cpu_shares,
            cpu_period=limits.cpu_period,
            cpu_quota=limits.cpu_quota,
            cpuset_cpus=limits.cpuset_cpus,
            cpuset_mems=limits.cpuset_mems,
        ),
    )


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
