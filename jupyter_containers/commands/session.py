"""What an action has at hand: the daemon, the person, the text of the cell."""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from jupyter_containers.client import Client, autostart, connect
from jupyter_containers.client.addresses import Address, find, from_environment
from jupyter_containers.client.run_settings import RunSettings
from jupyter_containers.commands.front import Front
from jupyter_containers.commands.settings import Settings

if TYPE_CHECKING:
    from jupyter_containers.client.rest_log import RestLog
    from jupyter_containers.commands.appending import Repairs
    from jupyter_containers.commands.compose_project import FilesNamed
    from jupyter_containers.commands.trace_result import Process, Request, Trace


class Watcher(Protocol):
    """Sees how commands are done: requests as they are answered, processes when the command has ended."""

    def saw_request(self, request: Request) -> None: ...

    def saw_processes(self, processes: Sequence[Process]) -> None: ...


USUAL = Settings()
# PYTHON is a program that calls verbs: it has what a notebook has, and nobody who types.
NOTEBOOK_LABEL = "jupyter-containers.notebook"
SHELL, MAGIC, PYTHON = "shell", "magic", "python"


class Session:
    """One person's work with one daemon. Closing it closes the connections."""

    last_trace: Trace | None = None
    # The Compose file of a cell, for lines below it that speak of the same project.
    last_compose: FilesNamed | None = None
    _repairs: Repairs | None = None

    def __init__(self, front: Front, *, surface: str, host: str = "", settings: Settings = USUAL) -> None:
        self.front = front
        self.settings = settings
        self.surface = surface
        self.body = ""
        # The notebook's variables; a shell has none.
        self.namespace: MutableMapping[str, Any] = {}
        # What the notebook is known by, also after a restart of its kernel; "" where there is none.
        self.notebook = ""
        # The line of the magic that runs, and what puts a text into the next cell; None where there are no cells.
        self.line = ""
        self.propose: Callable[[str], object] | None = None
        # Told how many bytes have been carried and of how many (0: nobody knows), while a command copies.
        self.carried: Callable[[int, int], None] = lambda _count, _total: None
        # Told how many things have been done, and of how many (0: nobody knows), while a command does many.
        self.counted: Callable[[int, int], None] = lambda _done, _total: None
        # Those who want to see how each command is done, while they are open: diagrams.
        self.watchers: list[Watcher] = []
        self._host = host
        self._client: Client | None = None
        self._traced: Client | None = None

    @property
    def is_magic(self) -> bool:
        """Whether results are values for whoever asked: in a notebook or in a program, and not in a shell."""
        return self.surface != SHELL

    @property
    def repairs(self) -> Repairs:
        """What is remembered of builds that failed here."""
        from jupyter_containers.commands.appending import Repairs

        if self._repairs is None:
            self._repairs = Repairs()
        return self._repairs

    def marked(self, settings: RunSettings) -> RunSettings:
        """Return settings with the label that containers of this notebook have; a shell's have none."""
        if not self.notebook:
            return settings
        return replace(settings, labels=(*settings.labels, f"{NOTEBOOK_LABEL}={self.notebook}"))

    @property
    def folder(self) -> Path:
        """The folder that relative paths start from: in a notebook the notebook's."""
        return Path.cwd()

    @property
    def uses_own_daemon(self) -> bool:
        return self._address is None

    @property
    def _address(self) -> Address | None:
        return find(self._wanted) if self._wanted else from_environment()

    @property
    def _wanted(self) -> str:
        """The address or context that was named for this session, or is set for all that the environment does not."""
        return self._host or ("" if from_environment() is not None else self.settings.host)

    @property
    def host(self) -> str:
        """The address of the daemon in use."""
        return str(self._address or Address(autostart.own_site().socket))

    @contextmanager
    def recording(self) -> Iterator[RestLog]:
        """Write down what the command of the block asks: by a client of its own, as others may ask meanwhile."""
        client = self._traced = self.client.another()
        try:
            with client.traces.recording() as log:
                yield log
        finally:
            self._traced = None

    @property
    def client(self) -> Client:
        """The client of a daemon that answers; our own is started when it does not run. Raises what connect raises."""
        if self._traced is not None:
            return self._traced
        if self._client is not None and (
            str(self._client.address) != self.host or (self.uses_own_daemon and not autostart.is_running())
        ):
            self.close()
        if self._client is None:
            self._client = connect(self._wanted or None, say=self.front.note)
        return self._client

    def use(self, host: str) -> None:
        """Work with another daemon from now on: an address, a docker context's name, or "" for the usual one.

        Raises Unavailable if it does not answer.
        """
        self.close()
        before, self._host = self._host, host
        try:
            _ = self.client
        except BaseException:
            self._host = before
            raise

    def close(self) -> None:
        self._traced = None
        if self._client is not None:
            self._client.close()
            self._client = None
