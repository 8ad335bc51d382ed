"""The zygote's process, and asking it for shims."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import subprocess
import sys
from collections import deque
from pathlib import Path

from jupyter_containers.errors import ContainersError, Unavailable
from jupyter_containers.linux import descriptors, mounts
from jupyter_containers.linux.constants import MOUNT_ATTR_RDONLY, OPEN_TREE_CLOEXEC, OPEN_TREE_CLONE
from jupyter_containers.shim import protocol
from jupyter_containers.supervisor.connection import Shim
from jupyter_containers.zygote.protocol import ANSWER_BYTES, FORK, STOCK, pid_of

_log = logging.getLogger(__name__)

ENTRY = Path(__file__).parents[1] / "zygote" / "__main__.py"
_STOP_SECONDS = 5
# The first may find a dead zygote, the second one that cannot be sealed.
ATTEMPTS = 3


class Launcher:
    """Owns one zygote; starts another when it dies. `open`, any number of `launch`, `close`.

    `entry` is the file that the zygote's interpreter runs.
    """

    def __init__(self, run_root: Path, *, entry: Path = ENTRY) -> None:
        self._run_root = run_root
        self._entry = entry
        self._process: subprocess.Popen[bytes] | None = None
        self._end: socket.socket | None = None
        # In the order of the requests, which is that of the answers.
        self._asked: deque[asyncio.Future[int]] = deque()
        self._is_sealed = True
        self._has_answered = False
        self._spare: Shim | None = None
        self._stocking: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Start the zygote; it is asked for things at once, and answers when it is ready."""
        (self._run_root / "s").mkdir(parents=True, exist_ok=True, mode=0o700)
        self._start()

    async def launch(self, container_id: str, bundle_path: Path) -> Shim:
        """Have a shim forked for a bundle, and return the connection to it.

        Raises Unavailable when no process can be made. After cancellation: the shim ends itself.
        """
        spare, self._spare = self._spare, None
        socket_path = protocol.socket_path(self._run_root, bundle_path)
        if spare is not None and not spare.is_there():
            spare.close()
            spare = None
        shim = spare or await self._fork(FORK)
        shim.assign(container_id, bundle_path, socket_path)
        return shim

    @property
    def spare_pid(self) -> int:
        """The shim that waits for the next container; 0 without one."""
        return self._spare.pid if self._spare is not None else 0

    def stock(self, *, after_seconds: float = 0) -> None:
        """Have a shim forked for the next launch, unless one is there; it waits with all that no container decides.

        `after_seconds`: not now, when a container is about to run, which would have to share the processors with it.
        """
        if after_seconds:
            asyncio.get_running_loop().call_later(after_seconds, self.stock)
            return
        if self._end is None or self._stocking is not None or (self._spare is not None and self._spare.is_open):
            return
        self._stocking = asyncio.get_running_loop().create_task(self._stock(), name="stock a shim")
        self._stocking.add_done_callback(self._stocked)

    async def _stock(self) -> None:
        self._spare = await self._fork(STOCK)

    def _stocked(self, task: asyncio.Task[None]) -> None:
        self._stocking = None
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.warning("no spare shim: %s", error)  # the next launch tries itself, and tells who wants a container

    async def _fork(self, request: bytes) -> Shim:
        for _ in range(ATTEMPTS):
            try:
                return await self._ask_for_one(request)
            except _ZygoteLost:
                continue
        raise Unavailable("the zygote dies when it is asked for a shim; see the daemon's log")

    async def _ask_for_one(self, request: bytes) -> Shim:
        # A pair of its own for each attempt: a shim that was forked by a dying zygote finds its daemon gone.
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        shim = Shim("", ours)
        try:
            shim.pid = await self._ask(request, theirs)
        except BaseException:
            shim.close()
            raise
        finally:
            theirs.close()
        return shim

    async def _ask(self, request: bytes, passed: socket.socket) -> int:
        end = self._end or self._start()
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        try:
            descriptors.send(end, request, [passed.fileno()])
        except (BrokenPipeError, ConnectionResetError):
            self._lost(end)
            raise _ZygoteLost("zygote") from None
        self._asked.append(answer)
        return await answer

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        executable_fd = sealed_interpreter() if self._is_sealed else None
        try:
            self._process = _spawn(self._entry, theirs.fileno(), executable_fd)
        finally:
            theirs.close()
            if executable_fd is not None:
                os.close(executable_fd)
        ours.setblocking(False)
        self._end, self._has_answered = ours, False
        asyncio.get_running_loop().add_reader(ours.fileno(), self._hear, ours)
        return ours

    def _hear(self, end: socket.socket) -> None:
        try:
            content = end.recv(ANSWER_BYTES)
        except BlockingIOError:
            return
        except ConnectionResetError:
            content = b""
        if not content:
            self._lost(end)
            return
        self._has_answered = True
        answer = self._asked.popleft()
        if answer.done():
            return  # who asked has been cancelled
        try:
            answer.set_result(pid_of(content))
        except Unavailable as error:
            answer.set_exception(error)

    def _lost(self, end: socket.socket) -> None:
        """The zygote is gone: let go of it, and tell those who wait for it. The next launch starts another."""
        process = self._let_go() if end is self._end else None
        if process is None:
            return
        process.kill()
        code = process.wait()
        _log.warning("the zygote has ended (%s); the next container starts another", code)
        if self._is_sealed and not self._has_answered:
            # An interpreter that finds its libraries by its own path or by LD_LIBRARY_PATH does not start otherwise.
            _log.warning(
                "containers could reach the host's interpreter: the sealed copy of the interpreter does not start here"
            )
            self._is_sealed = False
        asked, self._asked = self._asked, deque()
        for answer in asked:
            if not answer.done():
                answer.set_exception(_ZygoteLost("zygote"))

    def _let_go(self) -> subprocess.Popen[bytes] | None:
        end, process = self._end, self._process
        self._end, self._process = None, None
        if end is not None:
            asyncio.get_running_loop().remove_reader(end.fileno())
            end.close()
        return process

    async def close(self) -> None:
        """End the zygote and the spare shim; those of containers live on."""
        if self._stocking is not None:
            self._stocking.cancel()
            await asyncio.gather(self._stocking, return_exceptions=True)
        if self._spare is not None:
            self._spare.close()
            self._spare = None
        process = self._let_go()
        if process is None:
            return
        try:
            await asyncio.to_thread(process.wait, _STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class _ZygoteLost(ContainersError):
    """It ended while it was asked for something."""


def _spawn(entry: Path, control_fd: int, executable_fd: int | None) -> subprocess.Popen[bytes]:
    """Start the zygote's process, in a session of its own: a Ctrl-C meant for the daemon must not end containers.

    From a sealed interpreter without an environment, which containers need not know; else as this process was.
    """
    is_sealed = executable_fd is not None
    return subprocess.Popen(
        [sys.executable, "-I", "-S", str(entry), str(control_fd)],
        executable=f"/proc/self/fd/{executable_fd}" if is_sealed else None,
        pass_fds=[fd for fd in (control_fd, executable_fd) if fd is not None],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        cwd="/",
        env={} if is_sealed else None,
        start_new_session=True,
    )


def sealed_interpreter() -> int | None:
    """Return a descriptor of a read-only clone of the interpreter's mount, to execute; None where that is refused.

    The clone is attached nowhere, so nobody can remount it. The caller closes it. Source: open_tree(2),
    mount_setattr(2); CVE-2019-5736.
    """
    try:
        fd = mounts.open_tree(os.path.realpath(sys.executable), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC)
    except OSError as error:
        _log.warning("containers could reach the host's interpreter: it cannot be sealed: %s", error)
        return None
    try:
        mounts.mount_setattr(fd, set=MOUNT_ATTR_RDONLY)
        os.set_inheritable(fd, True)
    except OSError as error:
        os.close(fd)
        _log.warning("containers could reach the host's interpreter: it cannot be sealed: %s", error)
        return None
    return fd
