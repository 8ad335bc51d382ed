"""The streams of one process: what it writes goes to the log and to everybody attached, what they type goes to it."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Mapping

from jupyter_containers.linux import terminals
from jupyter_containers.shim.client import Client
from jupyter_containers.shim.logs import ContainerLog
from jupyter_containers.shim.loop import GONE, READ, WRITE, Loop

CHUNK = 64 * 1024
MAX_PIPE = 1 << 20  # /proc/sys/fs/pipe-max-size, as it comes


class Streams:
    """Output descriptors, an input descriptor, a log and clients, on a loop.

    `outputs` maps a descriptor to its stream number; a terminal is one descriptor for all, input too. `keeps_input`
    leaves the process's input open when a client's ends. Owns all descriptors given.
    """

    def __init__(
        self, loop: Loop, outputs: Mapping[int, int], input_fd: int | None,
        *, is_terminal: bool, keeps_input: bool, log: ContainerLog | None,
    ) -> None:  # fmt: skip
        self._loop = loop
        self._outputs = dict(outputs)
        self._input_fd = input_fd
        self._is_terminal = is_terminal
        self._keeps_input = keeps_input or is_terminal
        self._log = log
        self._clients: dict[int, Client] = {}
        # What clients have typed and the process has not read yet.
        self._typed = bytearray()
        self._input_ends = False
        self._is_over = False
        for fd in {*self._outputs, *([input_fd] if input_fd is not None else [])}:
            os.set_blocking(fd, False)
        self._update()

    @property
    def has_clients(self) -> bool:
        return bool(self._clients)

    def attach(self, client: Client) -> None:
        """Add a client; it sees everything from now on. On streams that have ended it only sees their end."""
        self._clients[client.end.fileno()] = client
        client.is_ending = not self._outputs
        self._update()

    def resize(self, rows: int, columns: int) -> None:
        """Set the terminal's size; without a terminal there is nothing to set."""
        if self._is_terminal:
            for fd in self._outputs:
                terminals.set_size(fd, rows, columns)

    # --- the end -----------------------------------------------------------------------------------------------------

    def drain(self, within_seconds: float) -> None:
        """Take what is left until nobody can write any more, however far clients are behind, and complete the log.

        Waits here if need be: for a process that was killed, and dies.
        """
        self._sweep()
        deadline = time.monotonic() + within_seconds
        while self._outputs and (left := deadline - time.monotonic()) > 0:
            poll = select.poll()
            for fd in self._outputs:
                poll.register(fd, select.POLLIN)
            for fd, _ in poll.poll(left * 1000):
                self._read(fd)
        self._end_outputs()

    def end_soon(self, within_seconds: float) -> None:
        """The process has ended; others that hold its outputs get as long as dockerd gives them."""
        self._is_over = True
        self._sweep()
        self._loop.later(within_seconds, self.end)
        self._update()

    def end(self) -> None:
        """No more output, no more input; clients get what waits for them, and the end."""
        self._sweep()
        self._end_outputs()
        for client in self._clients.values():
            client.is_ending = True
        self._update()

    def _sweep(self) -> None:
        """Take what lies in the pipes now: as much as they can hold, not all that somebody writes meanwhile."""
        for fd in list(self._outputs):
            for _ in range(MAX_PIPE // CHUNK):
                if not self._read(fd):
                    break

    def _end_outputs(self) -> None:
        for fd in list(self._outputs):
            self._end_output(fd)
        self._close_input()
        if self._log is not None:
            self._log.finish()
            self._log = None

    # --- output ------------------------------------------------------------------------------------------------------

    def _on_output(self, fd: int, events: int) -> None:
        if events & WRITE:
            self._feed()
        if events & (READ | GONE) and fd in self._outputs:
            self._read(fd)
        self._update()

    def _read(self, fd: int) -> bool:
        """Pass on what there is; return False when there is nothing now, or no more."""
        try:
            content = os.read(fd, CHUNK)
        except BlockingIOError:
            return False
        except OSError:  # EIO: a terminal whose last process has gone
            content = b""
        if not content:
            self._end_output(fd)
            return False
        stream = self._outputs[fd]
        if self._log is not None:
            self._log.write(stream, content)
        for client in self._clients.values():
            client.offer(stream, content)
        return True

    def _end_output(self, fd: int) -> None:
        del self._outputs[fd]
        self._loop.forget(fd)
        if fd == self._input_fd:
            self._input_fd = None
        os.close(fd)

    # --- input -------------------------------------------------------------------------------------------------------

    def _on_client(self, fd: int, events: int) -> None:
        client = self._clients[fd]
        if events & WRITE:
            client.flush()
        if events & (READ | GONE) and client.gives_input:
            self._take_input(client)
        elif events & GONE:
            client.is_gone = True
        self._update()

    def _take_input(self, client: Client) -> None:
        typed = client.read(CHUNK)
        if typed:
            self._typed += typed
            self._feed()
        elif typed is not None:
            client.gives_input = False
            if self._keeps_input:
                # As in dockerd: who stops typing at a terminal, or at an input that stays open for others, is leaving.
                client.is_ending = True
            else:
                self._input_ends = True
                self._feed()

    def _on_input(self, _fd: int, events: int) -> None:
        if events & GONE:  # nobody reads it any more
            self._close_input()
        else:
            self._feed()
        self._update()

    def _feed(self) -> None:
        """Write to the process what was typed, as far as it reads."""
        try:
            while self._typed and self._input_fd is not None:
                written = os.write(self._input_fd, self._typed[:CHUNK])
                del self._typed[:written]
        except BlockingIOError:
            return
        except OSError:  # EPIPE: it does not read any more
            self._close_input()
        if self._input_fd is None:
            self._typed.clear()
        elif self._input_ends and not self._typed:
            self._close_input()

    def _close_input(self) -> None:
        fd, self._input_fd = self._input_fd, None
        self._typed.clear()
        if fd is not None and fd not in self._outputs:
            self._loop.forget(fd)
            os.close(fd)

    # --- what the loop watches ---------------------------------------------------------------------------------------

    def _update(self) -> None:
        """Drop who has finished, and tell the loop what is of interest now."""
        if self._is_over and not self._outputs:
            self._is_over = False
            self.end()
            return
        for fd, client in list(self._clients.items()):
            if client.is_finished:
                del self._clients[fd]
                self._loop.forget(fd)
                client.end.close()
        writes = WRITE if self._typed else 0
        # The container waits for whoever is far behind: its output stays in its pipe, which fills.
        reads = 0 if any(client.is_behind for client in self._clients.values()) else READ
        for fd in self._outputs:
            interest = reads | (writes if fd == self._input_fd else 0)
            if interest:
                self._loop.watch(fd, interest, self._on_output)
            else:
                # Not even for a hang-up: what was written before it is still to be read, later.
                self._loop.forget(fd)
        if self._input_fd is not None and self._input_fd not in self._outputs:
            self._loop.watch(self._input_fd, writes, self._on_input)
        for fd, client in self._clients.items():
            self._watch(fd, client)

    def _watch(self, fd: int, client: Client) -> None:
        interest = WRITE if client.has_waiting else 0
        if client.gives_input and len(self._typed) < CHUNK:
            interest |= READ
        if client.gives_input and not interest:
            # Its input waits in its socket until the process has read what came before, even if it has hung up since.
            self._loop.forget(fd)
        else:
            self._loop.watch(fd, interest, self._on_client)
