"""A Jupyter kernel in a container of ours. Named in kernel.json, found through the package's entry point.

jupyter_client calls in this order: pre_launch, launch_kernel, poll every few seconds, and at the end kill, terminate or
a shutdown message, wait, cleanup. A restart keeps this object, its folder and its addresses, and gets a new container.
Source: jupyter_client, "Kernel Provisioning".
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from jupyter_client.provisioning import KernelProvisionerBase  # type: ignore[attr-defined]
from traitlets import Dict

from jupyter_containers.client import Client, connect
from jupyter_containers.errors import ContainersError, NotFound, Unsupported
from jupyter_containers.kernels import ends, orphans
from jupyter_containers.kernels.container_plan import ContainerPlan
from jupyter_containers.kernels.sockets import Sockets

T = TypeVar("T")


class ContainerProvisioner(KernelProvisionerBase):  # type: ignore[misc, unused-ignore]
    """Starts, watches and ends one kernel. `death_reason` says why it ended when nobody had asked it to."""

    container = Dict(help="What container: see kernels.container_plan.").tag(config=True)

    _client: Client | None = None
    _sockets: Sockets | None = None
    _id = ""
    _exit_code: int | None = None
    _folder = "/"
    death_reason = ""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        # One question after the other, so that nobody is asking when the client is exchanged.
        self._lock = threading.Lock()

    @property
    def plan(self) -> ContainerPlan:
        return ContainerPlan.from_json(self.container)

    @property
    def has_process(self) -> bool:
        return bool(self._id) and self._exit_code is None

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Choose addresses that are files, and write the connection file. The command is that of the inside."""
        self._folder = str(kwargs.get("cwd") or os.getcwd())
        if self._sockets is None:
            self._sockets = Sockets.make()
        manager = self.parent
        manager.transport, manager.ip = "ipc", self._sockets.address
        manager.write_connection_file()
        self._sockets.write(manager.connection_file)
        self.connection_info = manager.get_connection_info()
        words = {"connection_file": self._sockets.file_inside, "resource_dir": self.kernel_spec.resource_dir}
        command = [_filled(word, words) for word in self.kernel_spec.argv]
        command += kwargs.pop("extra_arguments", [])
        return await super().pre_launch(cmd=command, **kwargs)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Make the container and start it. Raises what the daemon says, which the front end shows."""
        command = (*cmd, *ends.telling(self.death_reason))
        try:
            self._id = await self._ask(lambda client: self._start(client, command), anew=True)
        except BaseException:
            await self.cleanup()
            raise
        self._exit_code, self.death_reason = None, ""
        return self.connection_info

    def _start(self, client: Client, command: tuple[str, ...]) -> str:
        if client.address.path is None or client.address.ssh:
            raise Unsupported(
                f"a kernel in a container of {client.address}: its sockets are files, so the daemon has to be on this "
                "machine, at a unix:// address"
            )
        for name in orphans.remove_orphans(client):
            self.log.info("removed %s: the server of that kernel is gone", name)
        assert self._sockets is not None
        plan, folder = self.plan, Path(os.path.realpath(self._folder))
        image = plan.host_image(client, folder)
        settings = plan.settings(
            image,
            command,
            folder=folder,
            sockets=self._sockets.volume,
            labels=orphans.labels(self.kernel_id, self._spec_name),
            name=f"kernel-{re.sub('[^a-zA-Z0-9]', '', self.kernel_id)[:12]}-{os.urandom(2).hex()}",
        )
        id_ = client.containers.create(settings)
        try:
            if (copied := plan.copied(image, folder)) is not None:
                copied.put(client, id_)
            client.containers.start(id_)
        except BaseException:
            client.containers.remove(id_, force=True, volumes=True)
            raise
        return id_

    @property
    def _spec_name(self) -> str:
        return os.path.basename(self.kernel_spec.resource_dir) or "kernel"

    async def poll(self) -> int | None:
        """Return None while it runs, its exit code when it has ended; a daemon that is away changes nothing."""
        if not self._id:
            return 0
        if self._exit_code is None:
            try:
                state = await self._ask(lambda client: client.containers.inspect(self._id)["State"])
            except NotFound:
                self._ended(1, "its container was removed")
            except ContainersError:
                return None
            else:
                if state["Status"] not in ("created", "exited", "dead", "removing"):
                    return None
                await self._look_back(state)
        return self._exit_code

    async def _look_back(self, state: dict[str, Any]) -> None:
        words = await self._ask(lambda client: ends.last_words(client, self._id))
        reason = ends.reason(state, memory_bytes=self.plan.memory_bytes, last_words=words)
        self._ended(int(state.get("ExitCode") or 0), reason)

    def _ended(self, code: int, reason: str) -> None:
        self._exit_code = code
        if not getattr(self.parent, "shutting_down", False):
            self.death_reason = reason
            self.log.error("kernel %s (%s) %s", self._spec_name, self.kernel_id, reason)
            ends.note(Path(self.kernel_spec.resource_dir), reason)

    async def wait(self) -> int | None:
        """Wait until it has ended; return its exit code."""
        if self.has_process:
            await asyncio.get_running_loop().run_in_executor(None, self._stay, self._id)
        return await self.poll()

    def _stay(self, id_: str) -> None:
        # Over a connection of its own: it takes as long as the kernel lives, and others have questions meanwhile.
        try:
            with connect(self.plan.daemon or None, say=self.log.info) as client:
                client.containers.wait(id_).result()
        except ContainersError as error:
            self.log.debug("cannot wait for kernel %s: %s", self.kernel_id, error)

    async def send_signal(self, signum: int) -> None:
        """Send a signal to the kernel's process; one that has ended gets none."""
        if signum == 0 or not self.has_process:
            return
        try:
            await self._ask(lambda client: client.containers.kill(self._id, signal.Signals(signum).name))
        except ContainersError as error:
            self.log.debug("no %s for kernel %s: %s", signum, self.kernel_id, error)

    async def kill(self, restart: bool = False) -> None:
        await self.send_signal(signal.SIGKILL)

    async def terminate(self, restart: bool = False) -> None:
        await self.send_signal(signal.SIGTERM)

    async def cleanup(self, restart: bool = False) -> None:
        """Remove the container, and unless it is to start again, the folder and the connection."""
        if self._id:
            try:
                await self._ask(lambda client: client.containers.remove(self._id, force=True, volumes=True), anew=True)
            except NotFound:
                pass  # it was removed already
            except ContainersError as error:
                self.log.warning("container %s of kernel %s is left: %s", self._id, self.kernel_id, error)
            self._id, self._exit_code = "", None
        if restart:
            return
        if self._sockets is not None:
            self._sockets.remove()
            self._sockets = None
        self._hang_up()

    async def get_provisioner_info(self) -> dict[str, Any]:
        found: dict[str, Any] = await super().get_provisioner_info()
        return {**found, "container": self._id, "sockets": str(self._sockets.outer) if self._sockets else ""}

    async def load_provisioner_info(self, provisioner_info: dict[str, Any]) -> None:
        await super().load_provisioner_info(provisioner_info)
        self._id = str(provisioner_info["container"])
        sockets = provisioner_info["sockets"]
        self._sockets = Sockets(Path(sockets)) if sockets else None

    async def _ask(self, question: Callable[[Client], T], *, anew: bool = False) -> T:
        """Ask the daemon without stopping the server meanwhile: the client blocks, so it has a thread.

        With `anew` our own daemon is started, if it was stopped meanwhile; who only looks leaves it as it is.
        """
        return await asyncio.get_running_loop().run_in_executor(None, self._answer, question, anew)

    def _answer(self, question: Callable[[Client], T], anew: bool) -> T:
        with self._lock:
            if anew:
                self._hang_up()
            if self._client is None:
                self._client = connect(self.plan.daemon or None, say=self.log.info)
            return question(self._client)

    def _hang_up(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None


def _filled(word: str, words: dict[str, str]) -> str:
    """Put values in for {names}, as jupyter_client does; other braces stay."""
    return re.sub(r"\{(\w+)\}", lambda match: words.get(match[1], match[0]), word)
