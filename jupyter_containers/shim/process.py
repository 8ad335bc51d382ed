"""The life of a shim: its sockets, its loop, the ends of its processes, and its own end."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import socket
import time
from typing import Any

from jupyter_containers.cgroups.manager import Cgroup, CgroupManager
from jupyter_containers.cgroups.totals import total
from jupyter_containers.errors import ContainersError, InvalidParameter, to_data
from jupyter_containers.linux import descriptors, processes
from jupyter_containers.runtime import state as states
from jupyter_containers.runtime.bundle import Bundle, write_json
from jupyter_containers.runtime.state import State, Status
from jupyter_containers.shim import handover, maker, protocol, requests
from jupyter_containers.shim.loop import READ, Loop
from jupyter_containers.shim.name_server import NameServer
from jupyter_containers.shim.protocol import Exit
from jupyter_containers.shim.target import IGNORED, LINGER_SECONDS, NOT_COUNTED, Target, reap


def prepare() -> None:
    """Do once, in the zygote, what all shims inherit: a page that a shim writes to is its own."""
    for number in IGNORED:
        signal.signal(number, signal.SIG_IGN)
    maker.prepare()
    # So that the system call is looked up; there are no descriptors that high.
    descriptors.close_all_except((), lowest=1 << 30)


def serve(control_fd: int, *, cgroups: CgroupManager, waits: bool = False) -> None:
    """Be the shim of whatever bundle is asked for, until there is nothing left to do; `waits` if that is not soon.

    Runs in a fresh fork of who has called `prepare`.
    """
    os.setsid()
    processes.set_title("jc: spare shim, without a container yet")
    null_fd = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(null_fd, number)
    descriptors.close_all_except({control_fd})
    gc.disable()  # few cycles are made here, and a collection would touch, and so copy, all of the zygote's pages
    processes.set_child_subreaper()
    control = socket.socket(fileno=control_fd)
    maker_end = maker.fork(control, cgroups, waits=waits)
    shim = Shim(cgroups=cgroups)
    shim.follow(maker_end, control)
    shim.run()


class Shim:
    """One container's parent. Whose, and which container there is, comes from the maker (handover.py)."""

    bundle: Bundle

    def __init__(self, *, cgroups: CgroupManager) -> None:
        self.id = ""
        self.loop = Loop()
        self.cgroups = cgroups
        # Where the container's group is; "" without one, or when it is removed.
        self.cgroup_path = ""
        self._cgroup: Cgroup | None = None
        # Where init waits for the word to start.
        self.go_fd = -1
        # Keeps the container's mounts, which would be unmounted by its last process before that is seen to have ended.
        self.mounts_fd = -1
        self.state: State | None = None
        self.first = Target("", is_terminal=False)
        self.execs: dict[str, Target] = {}
        # Execs that are forgotten, but for those who still read their output.
        self.leaving: list[Target] = []
        self.name_server = NameServer()
        self.is_deleted = False
        self._maker: socket.socket | None = None
        # Ends of children heard of while the maker has not said yet who they are.
        self._unclaimed: dict[int, int] = {}
        self._connections: dict[int, socket.socket] = {}
        self._socket_inode = 0
        self._socket_path = ""
        self._listener: socket.socket | None = None
        self._wake_on_child()

    @property
    def cgroup(self) -> Cgroup | None:
        """The container's group, looked up when it is needed: while a container only runs it is not."""
        if self._cgroup is None and self.cgroup_path:
            self._cgroup = self.cgroups.open(self.cgroup_path)
        return self._cgroup

    def follow(self, maker_end: socket.socket, control: socket.socket) -> None:
        """Wait for what the maker hands over; until then `control` is its to hear."""
        self._maker = maker_end

        self.loop.watch(maker_end.fileno(), READ, lambda _fd, _events: handover.take(self, maker_end, control))

    def leave_maker(self) -> None:
        """Hear of the maker no more: it has handed over, or is gone."""
        if self._maker is not None:
            self.loop.forget(self._maker.fileno())
            self._maker.close()
            self._maker = None

    def adopt(self, container_id: str, bundle_path: str, socket_path: str) -> None:
        """Be the shim of this container from now on; later daemons find it at `socket_path`."""
        self.id, self.bundle = container_id, Bundle(bundle_path)
        processes.set_title(f"jc: shim {container_id[:12]}")
        os.chdir(bundle_path)
        self._socket_path = socket_path
        self._listener = self._listen()

    # --- the loop ----------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Serve until deleted, or until nothing runs and nobody is connected."""
        try:
            while not self._is_over():
                self.loop.turn()
        finally:
            self._end()

    def _is_over(self) -> bool:
        self.leaving = [target for target in self.leaving if target.has_clients]
        if self.is_deleted:
            # Who is attached still gets all that was written.
            return not (self.first.has_clients or self.leaving)
        if self._connections or self._maker is not None:
            return False
        if self.state is None or self.state.status is Status.CREATED:
            return True  # nobody is left who could start it
        return self.state.status is Status.STOPPED and not self.first.has_clients

    def _end(self) -> None:
        """Leave nothing: a container that never started dies, its cgroup goes, the socket's name too."""
        try:
            if self.state is not None and self.state.status is not Status.STOPPED:
                self.first.kill(signal.SIGKILL)
                self.wait_for_first()
            self.remove_cgroup()
        finally:
            self.stop_listening()

    # --- connections -------------------------------------------------------------------------------------------------

    def _listen(self) -> socket.socket:
        # Asked first: to raise and catch an error costs a shim 0.1 MB.
        if os.path.lexists(self._socket_path):
            os.unlink(self._socket_path)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        # Before listen there is nobody to connect, so the mode is right in time.
        listener.bind(self._socket_path)
        os.chmod(self._socket_path, 0o600)
        listener.listen(4)
        listener.setblocking(False)
        self._socket_inode = os.stat(self._socket_path).st_ino
        self.loop.watch(listener.fileno(), READ, self._accept)
        return listener

    def stop_listening(self) -> None:
        """Give the socket's name up, unless the next shim of this bundle has taken it already."""
        if self._listener is None:
            return
        self.loop.forget(self._listener.fileno())
        self._listener.close()
        self._listener = None
        # The whole run root may have been removed.
        with contextlib.suppress(FileNotFoundError):
            if os.stat(self._socket_path).st_ino == self._socket_inode:
                os.unlink(self._socket_path)

    def _accept(self, _fd: int, _events: int) -> None:
        if self._listener is None:
            return
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return  # who knocked has gone again
        self.listen_to(connection)

    def listen_to(self, connection: socket.socket) -> None:
        """Answer what is asked for on a connection."""
        protocol.roomy(connection).setblocking(False)
        self._connections[connection.fileno()] = connection
        self.loop.watch(connection.fileno(), READ, self._hear)

    def _disconnect(self, connection: socket.socket) -> None:
        if self._connections.pop(connection.fileno(), None) is not None:
            self.loop.forget(connection.fileno())
            connection.close()

    def _hear(self, fd: int, _events: int) -> None:
        connection = self._connections[fd]
        try:
            message, fds = protocol.receive(connection)
        except BlockingIOError:
            return
        except (OSError, ValueError):
            message, fds = None, []  # not our protocol
        if message is None:
            self._disconnect(connection)
            return
        self.answer(connection, message, fds)

    def answer(self, connection: socket.socket, message: dict[str, Any], fds: list[int]) -> None:
        """Do what is asked and say how it went; descriptors that no one took are closed."""
        try:
            reply = {"ok": requests.serve(self, connection, message, fds)}
        except Exception as error:  # noqa: BLE001 - whatever it was, the daemon must hear of it, and the shim live on
            reply = {"error": to_data(error)}
        for fd in fds:
            os.close(fd)
        self.tell(connection, {"id": message.get("id"), **reply})
        if self.is_deleted and self.mounts_fd >= 0:
            # Takes as long as the kernel needs to write the container's disk back.
            os.close(self.mounts_fd)
            self.mounts_fd = -1
            self.tell(connection, {"event": "unmounted"})

    def tell(self, connection: socket.socket, message: dict[str, Any], fds: tuple[int, ...] = ()) -> None:
        """Send to one connection; one that does not take it for seconds is let go: it would have missed something."""
        if connection.fileno() not in self._connections:
            return  # let go while it was being answered: the daemon was killed meanwhile
        connection.settimeout(5)
        try:
            protocol.send(connection, message, fds)
        except InvalidParameter:
            # A packet has an end, which the pids of a great many processes go beyond. The container lives on.
            error = ContainersError(f"the answer is over the limit of {protocol.MAX_PACKET} bytes")
            self.tell(connection, {"id": message.get("id"), "error": to_data(error)})
        except OSError:
            self._disconnect(connection)
        else:
            connection.setblocking(False)

    # --- ends --------------------------------------------------------------------------------------------------------

    def _wake_on_child(self) -> None:
        """Turn SIGCHLD into something readable, so that one loop sees all."""
        receiver, sender = socket.socketpair()
        for end in (receiver, sender):
            end.setblocking(False)
        self._child_sockets = (receiver, sender)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        signal.set_wakeup_fd(sender.fileno(), warn_on_full_buffer=False)
        self.loop.watch(receiver.fileno(), READ, self._reap)

    def _reap(self, _fd: int, _events: int) -> None:
        try:
            self._child_sockets[0].recv(4096)
        except BlockingIOError:
            pass
        reap(self.found)

    def claim(self, pid: int) -> None:
        """Know the container's first process, which may have ended already."""
        self.first.pid = pid
        status = self._unclaimed.pop(pid, None)
        self._unclaimed.clear()
        if status is not None:
            self.found(pid, status)

    def end_first(self) -> None:
        """End a container that could not be started; its exit code is the verdict, if there is one."""
        self.first.kill(signal.SIGKILL)
        self.wait_for_first()

    def wait_for_first(self) -> None:
        """Wait here until the first process is gone; somebody has seen to it that it ends."""
        while self.first.pid and self.first.exit is None:
            self.found(*os.waitpid(-1, 0))

    def found(self, pid: int, status: int) -> None:
        """Record the end of a child that waitpid reported. Orphans of the container are reaped, and that is all."""
        for target in (self.first, *self.execs.values()):
            # The number of one that has ended may be another's by now.
            if target.pid == pid and target.exit is None:
                self._ended(target, status)
                return
        if self._maker is not None:
            self._unclaimed[pid] = status

    def _ended(self, target: Target, status: int) -> None:
        """Say that a process is over, and then let those go who are attached: they may ask at once how it ended."""
        if target is self.first:
            self._first_ended(status)
        else:
            self._announce(target, target.record(status, time.time_ns(), oom_killed=False))
            if target.streams is not None:
                target.streams.end_soon(LINGER_SECONDS)

    def _first_ended(self, status: int) -> None:
        """The container is over: everything of it dies, exit.json says how, and everybody hears of it."""
        at_ns, oom_killed, used = time.time_ns(), False, NOT_COUNTED
        if self.cgroup is not None:
            # The kernel has killed the whole pid namespace; in another container's, or the host's, this does.
            if self.cgroup.processes():
                self.cgroup.kill(signal.SIGKILL)
            oom_killed = self.cgroup.oom_kills() > 0
            used = total(self.cgroup.paths)
        streams = self.first.streams
        if streams is not None:
            streams.drain(LINGER_SECONDS)
        ended = self.first.record(status, at_ns, oom_killed=oom_killed, used=used)
        self._write_down(ended)
        self._announce(self.first, ended)
        if streams is not None:
            streams.end()

    def _write_down(self, ended: Exit) -> None:
        """Write how it ended: this file, and not the state's, says that it has."""
        if self.state is not None and self.state.status is not Status.STOPPED:
            self.state = self.state.moved(Status.STOPPED)
        try:
            write_json(self.bundle.exit_path, ended.to_json())
        except OSError:
            return  # a full or removed run root: whoever is connected hears of the end all the same

    def _announce(self, target: Target, ended: Exit) -> None:
        for connection in list(self._connections.values()):
            self.tell(connection, {"event": "exit", "target": target.name, **ended.to_json()})

    def move(self, state: State) -> None:
        """Go to another state, and write it down."""
        self.state = state
        states.write(self.bundle, state)

    def remove_cgroup(self) -> None:
        """Remove the cgroup; processes that were killed a moment ago may need a moment to leave it."""
        if self.cgroup is None:
            return
        deadline = time.monotonic() + 5
        while self.cgroup.processes() and time.monotonic() < deadline:
            self.cgroup.kill(signal.SIGKILL)
            reap(self.found)
            time.sleep(0.002)
        self.cgroup.remove()
        self.cgroup_path, self._cgroup = "", None
