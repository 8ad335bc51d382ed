"""The streams of one process: what it writes goes to the log and to everybody attached, what they type goes to it."""

from __future__ import annotations

import os
import selectors
from collections.abc import Callable, Mapping

from jupyter_containers.linux import terminals
from jupyter_containers.shim.client import Client
from jupyter_containers.shim.logs import JsonFileLog
from jupyter_containers.shim.protocol import STDIN

CHUNK = 64 * 1024
Ready = Callable[[int], None]


class Streams:
    """Output descriptors, an input descriptor, a log and clients, on a selector whose entries are callables.

    `outputs` maps a descriptor to its stream number; a terminal is one descriptor for all. `keeps_input` leaves the
    process's input open when a client's ends. Owns all descriptors given.
    """

    def __init__(
        self, selector: selectors.BaseSelector, outputs: Mapping[int, int], input_fd: int | None,
        *, is_terminal: bool, keeps_input: bool, log: JsonFileLog | None,
    ) -> None:  # fmt: skip
        self._selector = selector
        self._outputs = dict(outputs)
        self._input_fd = input_fd
        self._is_terminal = is_terminal
        self._keeps_input = keeps_input
        self._log = log
        self._clients: list[Client] = []
        self._typed = bytearray()
        self._input_ends = False
        self._waits_for_clients = False
        for fd in {*self._outputs, *([input_fd] if input_fd is not None else [])}:
            os.set_blocking(fd, False)
        self._listen()

    @property
    def has_clients(self) -> bool:
        return bool(self._clients)

    def attach(self, client: Client) -> None:
        """Add a client; it sees everything from now on. On streams that have ended it only sees their end."""
        self._clients.append(client)
        client.is_ending = not self._outputs
        self._watch(client)
        self._drop_finished()

    def resize(self, rows: int, columns: int) -> None:
        """Set the terminal's size; without a terminal there is nothing to set."""
        if self._is_terminal:
            for fd in self._outputs:
                terminals.set_size(fd, rows, columns)

    def drain(self) -> None:
        """Take what the process left behind when it ended, however far clients are behind, and end all streams."""
        for fd in list(self._outputs):
            while fd in self._outputs and self._read(fd):
                pass
            self._end_output(fd)
        self._close_input()
        if self._log is not None:
            self._log.finish()
            self._log = None
        for client in self._clients:
            client.is_ending = True
        self._drop_finished()

    def close(self) -> None:
        """Let go of everything at once."""
        for fd in list(self._outputs):
            self._end_output(fd)
        self._close_input()
        for client in self._clients:
            client.is_gone = True
        self._drop_finished()

    # --- output ------------------------------------------------------------------------------------------------------

    def _listen(self) -> None:
        for fd in self._outputs:
            self._set_interest(fd, selectors.EVENT_READ, self._on_output(fd))

    def _on_output(self, fd: int) -> Ready:
        def ready(_events: int) -> None:
            self._read(fd)
            self._wait_for_clients()
            self._drop_finished()

        return ready

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
        for client in self._clients:
            client.offer(stream, content)
            self._watch(client)
        return True

    def _end_output(self, fd: int) -> None:
        if self._outputs.pop(fd, None) is None:
            return
        self._unregister(fd)
        if fd == self._input_fd:
            self._input_fd = None
        os.close(fd)

    def _wait_for_clients(self) -> None:
        """Stop reading while a client is far behind; go on when none is."""
        behind = any(client.is_behind for client in self._clients)
        if behind == self._waits_for_clients:
            return
        self._waits_for_clients = behind
        if not behind:
            self._listen()
            return
        for fd in self._outputs:
            self._unregister(fd)

    # --- clients and input -------------------------------------------------------------------------------------------

    def _on_client(self, client: Client) -> Ready:
        def ready(events: int) -> None:
            if events & selectors.EVENT_WRITE:
                client.flush()
            if events & selectors.EVENT_READ and client.gives_input:
                self._take_input(client)
            self._watch(client)
            self._wait_for_clients()
            self._drop_finished()

        return ready

    def _take_input(self, client: Client) -> None:
        typed = client.read(CHUNK)
        if typed is None:
            return
        if typed:
            self._typed += typed
            self._feed()
            return
        client.gives_input = False
        # On a terminal the end of input is a character the user types, not the end of a connection.
        if STDIN in client.wants and not self._keeps_input and not self._is_terminal:
            self._input_ends = True
            self._feed()

    def _feed(self) -> None:
        """Write to the process what was typed, as far as it reads."""
        fd = self._input_fd
        if fd is None:
            self._typed.clear()
            return
        try:
            while self._typed:
                del self._typed[: os.write(fd, self._typed[:CHUNK])]
        except BlockingIOError:
            pass
        except OSError:  # EPIPE: it does not read any more
            self._typed.clear()
            self._close_input()
        if self._input_ends and not self._typed:
            self._close_input()
        self._watch_input()

    def _watch_input(self) -> None:
        """Be told when the process reads again, while there is something for it; hold clients back meanwhile."""
        fd = self._input_fd
        if fd is not None and fd not in self._outputs:
            self._set_interest(fd, selectors.EVENT_WRITE if self._typed else 0, lambda _events: self._feed())
        elif fd is not None:
            interest = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._typed else 0)
            self._set_interest(fd, 0 if self._waits_for_clients else interest, self._on_terminal(fd))
        for client in self._clients:
            self._watch(client)

    def _on_terminal(self, fd: int) -> Ready:
        output = self._on_output(fd)

        def ready(events: int) -> None:
            if events & selectors.EVENT_WRITE:
                self._feed()
            if events & selectors.EVENT_READ and fd in self._outputs:
                output(events)

        return ready

    def _close_input(self) -> None:
        fd, self._input_fd = self._input_fd, None
        if fd is not None and fd not in self._outputs:
            self._unregister(fd)
            os.close(fd)

    def _watch(self, client: Client) -> None:
        interest = selectors.EVENT_WRITE if client.has_waiting else 0
        # Input waits in the client's socket while the process has not read what came before.
        if client.gives_input and len(self._typed) < CHUNK:
            interest |= selectors.EVENT_READ
        if client.is_gone or client.end.fileno() < 0:
            interest = 0
        self._set_interest(client.end.fileno(), interest, self._on_client(client))

    def _drop_finished(self) -> None:
        for client in list(self._clients):
            if client.is_gone or (client.is_ending and not client.has_waiting):
                self._clients.remove(client)
                self._unregister(client.end.fileno())
                client.end.close()

    # --- selector ----------------------------------------------------------------------------------------------------

    def _set_interest(self, fd: int, interest: int, ready: Ready) -> None:
        if fd < 0:
            return
        known = self._selector.get_map().get(fd)
        if known is None:
            if interest:
                self._selector.register(fd, interest, ready)
        elif not interest:
            self._selector.unregister(fd)
        else:
            self._selector.modify(fd, interest, ready)

    def _unregister(self, fd: int) -> None:
        if fd >= 0 and fd in self._selector.get_map():
            self._selector.unregister(fd)
