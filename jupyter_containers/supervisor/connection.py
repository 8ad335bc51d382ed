"""The conversation with one shim: requests with answers, events that come by themselves."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_containers.errors import ContainersError, Unavailable, from_data
from jupyter_containers.oci.runtime_spec import Process, Resources, process_to_json, resources_to_json
from jupyter_containers.shim import protocol
from jupyter_containers.shim.protocol import Exit, LogOptions


@dataclass(frozen=True, slots=True)
class Created:
    """A container that waits for its start. `netns_fd` and `netlink` are the caller's to close; None without a new
    network namespace.
    """

    pid: int
    netns_fd: int | None
    netlink: socket.socket | None


class ShimLost(Unavailable):
    """The shim ended without having said how its container did."""

    def __init__(self, container_id: str) -> None:
        super().__init__(f"the shim of container {container_id} is gone")


class Shim:
    """One container's shim. All coroutines: after cancellation the shim still finishes what it was asked for."""

    def __init__(self, container_id: str, end: socket.socket) -> None:
        self.container_id = container_id
        self.pid = 0
        end.setblocking(False)
        self._end = protocol.roomy(end)
        self._loop = asyncio.get_running_loop()
        self._number = 0
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._exits: dict[str, asyncio.Future[Exit]] = {}
        self._network: tuple[int, socket.socket] | None = None
        self._on_network: Callable[[int, socket.socket], None] | None = None
        self._is_creating = False
        self._given: list[int] = []
        self._place: dict[str, str] = {}
        # Done when nothing of a container that was deleted is mounted any more; waited for in threads, too.
        self.unmounted: Future[None] = Future()
        # As of the last `describe`: created, running, paused or stopped; "" without a container.
        self.status = ""
        self._is_open = True
        self._loop.add_reader(end.fileno(), self._hear)

    # --- the container -----------------------------------------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        """Tell whether the shim is there, as far as was heard."""
        return self._is_open

    def is_there(self) -> bool:
        """Ask the kernel whether the shim still has its end: what the loop has not come to hear counts as well."""
        try:
            return self._is_open and bool(self._end.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT))
        except BlockingIOError:
            return True
        except ConnectionResetError:
            return False

    def assign(self, container_id: str, bundle_path: Path, socket_path: Path) -> None:
        """Say, once and before `create`, whose shim it is to be; it will listen at `socket_path`."""
        self.container_id = container_id
        self._place = {"container": container_id, "bundle": str(bundle_path), "socket": str(socket_path)}

    async def create(
        self,
        *,
        log: LogOptions | None = None,
        stdin_open: bool = False,
        stdin_once: bool = False,
        terminal: bool | None = None,
        namespaces: Collection[str] = (),
        on_network: Callable[[int, socket.socket], None] | None = None,
        starts: bool = False,
        keeps_mounts: bool = False,
    ) -> Created:
        """Set the container up until it waits for `start`. `on_network` hears of the network while that goes on.

        What `on_network` gets is the same as in Created, and still the caller's to close once. `terminal` spares the
        shim looking it up in the bundle; with `namespaces`, the types that the container gets of its own, it can use a
        process that was born ahead. One that `starts` does so at once, and nobody gets its network: raises what `start`
        raises, too. With `keeps_mounts` they stay until `unmounted`: who unmounts a disk writes it back first, and the
        end of the container needs not wait for that. Raises what the runtime raises; nothing is left then.
        """
        self._on_network, self._is_creating = on_network, True
        try:
            answer = await self._ask(
                "create", log=log.to_json() if log else None, stdin_open=stdin_open, stdin_once=stdin_once,
                terminal=terminal, namespaces=list(namespaces), starts=starts, keeps_mounts=keeps_mounts,
                place=self._place,
            )  # fmt: skip
        except BaseException:
            self._forget_network()
            raise
        finally:
            self._is_creating = False
        netns_fd, netlink = self._network or (None, None)
        self._network = None
        return Created(int(answer["pid"]), netns_fd, netlink)

    def _forget_network(self) -> None:
        if self._network is not None:
            netns_fd, netlink = self._network
            self._network = None
            os.close(netns_fd)
            netlink.close()

    def _forget_given(self) -> None:
        given, self._given = self._given, []
        for fd in given:
            os.close(fd)

    async def start(self, *, is_traced: bool = False) -> None:
        """Let the container's process begin. Raises the runtime's error with details exit_code 126 or 127.

        `is_traced`: its spec asks for a record of the calls, which `execve` belongs to.
        """
        await (self._ask("start", trace=True) if is_traced else self._ask("start"))

    async def kill(self, signal: int, target: str = "", *, everyone: bool = False) -> None:
        """Send a signal to the container's first process, an exec's, or to `everyone` in the container."""
        await self._ask("kill", signal=signal, target=target, everyone=everyone)

    async def resize(self, height: int, width: int, target: str = "") -> None:
        """Set the size of a terminal, in characters."""
        await self._ask("resize", height=height, width=width, target=target)

    async def pause(self) -> None:
        await self._ask("pause")

    async def resume(self) -> None:
        await self._ask("resume")

    async def update(self, resources: Resources) -> None:
        """Change limits of the running container; None in `resources` leaves one as it is."""
        await self._ask("update", resources=resources_to_json(resources))

    async def usage(self) -> dict[str, Any]:
        """Return what the container has used so far: cgroups.manager.Usage as JSON values."""
        answer: dict[str, Any] = (await self._ask("usage"))["usage"]
        return answer

    async def processes(self) -> list[int]:
        """Return the pids of the container's processes, as the host numbers them."""
        return [int(pid) for pid in (await self._ask("pids"))["pids"]]

    async def name_server(self, *, port: int = 0) -> list[int]:
        """Return descriptors for a name server at 127.0.0.11 in the container's network: a UDP and a TCP socket.

        They are the caller's to close; the shim has the same ones for whoever asks next. With `port` 0 the kernel has
        chosen the ports, and a netfilter socket of that network comes third, to lead port 53 to them. Raises Conflict
        when the container does not run.
        """
        try:
            await self._ask("name_server", port=port)
            given, self._given = self._given, []
            return given
        except BaseException:
            self._forget_given()
            raise

    async def delete(self) -> None:
        """End the shim of a stopped container, or of one that was never started. Raises Conflict while it runs.

        One that still has mounts says so, whoever asked for them: the connection closes when they are `unmounted`.
        """
        answer = await self._ask("delete")
        if not answer.get("has_mounts"):
            self.close()

    # --- streams and execs -------------------------------------------------------------------------------------------

    async def attach(
        self, target: str = "", *, stdin: bool = False, stdout: bool = False, stderr: bool = False
    ) -> socket.socket:
        """Return a stream of a process: stdcopy frames, raw from a terminal; what is written is its input.

        The caller closes it; shutting its writing half down is the end of input. Possible before `start`, and then
        nothing is missed. Someone who does not read is waited for after 1 MiB: the container's output stands still.
        """
        ours, theirs = socket.socketpair()
        try:
            await self._ask("attach", theirs, target=target, stdin=stdin, stdout=stdout, stderr=stderr)
        except BaseException:
            ours.close()
            raise
        ours.setblocking(False)
        return ours

    async def exec(
        self,
        exec_id: str,
        process: Process,
        *,
        stdin: bool = False,
        stdout: bool = False,
        stderr: bool = False,
        detached: bool = False,
        calls: list[list[Any]] | None = None,
    ) -> tuple[int, socket.socket | None]:
        """Run one more process in the container; return its pid and its stream, None when detached.

        With `calls` what was asked of the kernel for it is recorded, and added there, also when it fails.
        Raises Conflict when the container does not run, the runtime's error with details exit_code 126 or 127.
        """
        ours, theirs = (None, None) if detached else socket.socketpair()
        wanted = {"stdin": stdin, "stdout": stdout, "stderr": stderr, **({} if calls is None else {"trace": True})}
        self._exit_of(exec_id)
        try:
            answer = await self._ask("exec", theirs, target=exec_id, process=process_to_json(process), **wanted)
        except BaseException as error:
            if calls is not None and isinstance(error, ContainersError):
                calls += error.details.pop("calls", ())
            self._exits.pop(exec_id, None)
            if ours is not None:
                ours.close()
            raise
        if ours is not None:
            ours.setblocking(False)
        if calls is not None:
            calls += answer.get("calls", ())
        return int(answer["pid"]), ours

    async def wait(self, target: str = "") -> Exit:
        """Wait until a process has ended, and return how. Raises ShimLost. Any number may wait; safe to cancel."""
        return await asyncio.shield(self._exit_of(target))

    def _exit_of(self, target: str) -> asyncio.Future[Exit]:
        future = self._exits.get(target)
        if future is None:
            future = self._exits[target] = self._loop.create_future()
            if not self._is_open:
                self._fail(future)
        return future

    def forget(self, exec_id: str) -> None:
        """Drop an exec whose end was heard, here and in the shim."""
        self._exits.pop(exec_id, None)
        if self._is_open:
            self._number += 1
            self._send({"id": self._number, "op": "forget", "target": exec_id})

    # --- the wire ----------------------------------------------------------------------------------------------------

    async def describe(self) -> dict[str, Any]:
        """Ask how things stand, and take over the ends that happened before this connection."""
        answer = await self._ask("describe")
        self.pid, self.status = int(answer["shim_pid"]), str((answer["state"] or {}).get("status", ""))
        for target, ended in answer["exits"].items():
            self._ended(target, Exit.from_json(ended))
        return answer

    async def _ask(self, op: str, passed: socket.socket | None = None, /, **parameters: Any) -> dict[str, Any]:
        """Send one request, with a socket that goes over to the shim, and wait for its answer."""
        try:
            if not self._is_open:
                raise ShimLost(self.container_id)
            self._number += 1
            number = self._number
            answer: asyncio.Future[dict[str, Any]] = self._loop.create_future()
            self._answers[number] = answer
            try:
                self._send({"id": number, "op": op, **parameters}, passed)
            except BaseException:
                del self._answers[number]
                raise
        finally:
            if passed is not None:
                passed.close()
        return await answer

    def _send(self, message: Mapping[str, Any], passed: socket.socket | None = None) -> None:
        try:
            protocol.send(self._end, message, [passed.fileno()] if passed is not None else [])
        except (BrokenPipeError, ConnectionResetError):
            raise ShimLost(self.container_id) from None

    def _hear(self) -> None:
        while self._is_open:
            try:
                message, fds = protocol.receive(self._end)
            except BlockingIOError:
                return
            if message is None:
                self.close()
                return
            self._take(message, fds)

    def _take(self, message: Mapping[str, Any], fds: list[int]) -> None:
        event = message.get("event")
        if event == "network":
            self._network = (fds[0], socket.socket(fileno=fds[1]))
            if not self._is_creating:
                # Who asked has given up, and undone what there was.
                self._forget_network()
            elif self._on_network is not None:
                self._on_network(*self._network)
        elif event == "name_server":
            self._forget_given()
            self._given = fds
        elif event == "unmounted":
            self.close()
        elif event == "exit":
            self._ended(str(message["target"]), Exit.from_json(message))
        else:
            answer = self._answers.pop(int(message["id"]), None)
            if answer is not None and not answer.done():
                _resolve(answer, message)

    def _ended(self, target: str, ended: Exit) -> None:
        future = self._exit_of(target)
        if not future.done():
            future.set_result(ended)

    def close(self) -> None:
        """Let go of the shim, which lives on if its container runs. Everybody who waits for it gets ShimLost."""
        if not self._is_open:
            return
        self._is_open = False
        self._loop.remove_reader(self._end.fileno())
        self._end.close()
        self._forget_network()
        self._forget_given()
        if not self.unmounted.done():
            self.unmounted.set_result(None)
        waiting: list[asyncio.Future[Any]] = [*self._answers.values(), *self._exits.values()]
        for future in waiting:
            if not future.done():
                self._fail(future)
        self._answers.clear()

    def _fail(self, future: asyncio.Future[Any]) -> None:
        future.set_exception(ShimLost(self.container_id))
        future.exception()  # seen: nobody may be waiting, which is not worth a warning


def _resolve(answer: asyncio.Future[dict[str, Any]], message: Mapping[str, Any]) -> None:
    if "error" in message:
        error: ContainersError = from_data(message["error"])
        answer.set_exception(error)
    else:
        answer.set_result(message["ok"])
