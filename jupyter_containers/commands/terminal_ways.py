"""The ways of a terminal to its process: one more in a container, a container of its own, or the one that is there."""

from __future__ import annotations

import shlex
import time
from contextlib import closing
from dataclasses import dataclass, replace

from jupyter_containers.client import Client
from jupyter_containers.client.run_settings import ExecSettings, RunSettings
from jupyter_containers.client.runs import Attend
from jupyter_containers.errors import ContainersError

# Of what people type in, the best shell that is there.
SHELL = ("sh", "-c", "if command -v bash >/dev/null 2>&1; then exec bash; else exec sh; fi")
# A stream ends a moment before its container is said to have ended, and also when it is left (Ctrl-P, Ctrl-Q).
_ENDING_SECONDS = 1.0


@dataclass
class ExecWay:
    """One more process in a running container; closing the terminal hangs up on it."""

    container: str
    settings: ExecSettings
    has_terminal: bool = True

    @property
    def title(self) -> str:
        shown = () if self.settings.command == SHELL else self.settings.command
        return f"{shlex.join(shown) or 'shell'} in {self.container}"

    def follow(self, client: Client, size: tuple[int, int], attend: Attend) -> int | None:
        settings = replace(self.settings, terminal=True, stdin=True, console_size=size)
        code = client.runs.run_exec(self.container, settings, _nowhere, attend=attend).exit_code
        return None if code < 0 else code

    def resize(self, client: Client, id_: str, rows: int, columns: int) -> None:
        client.execs.resize(id_, height=rows, width=columns)

    def end(self, client: Client, id_: str) -> bool:
        # A daemon elsewhere has no request for a signal: its process is let go.
        return client.execs.signal(id_, "HUP")


@dataclass
class RunWay:
    """A container of its own, which is killed when the terminal is closed."""

    where: str
    settings: RunSettings
    has_terminal: bool = True

    @property
    def title(self) -> str:
        return f"{shlex.join(self.settings.command)} in {self.where}" if self.settings.command else self.where

    def follow(self, client: Client, size: tuple[int, int], attend: Attend) -> int | None:
        settings = replace(self.settings, terminal=True, stdin=True, console_size=size)
        return client.runs.run(settings, _nowhere, attend=attend).exit_code

    def resize(self, client: Client, id_: str, rows: int, columns: int) -> None:
        client.containers.resize(id_, height=rows, width=columns)

    def end(self, client: Client, id_: str) -> bool:
        client.containers.kill(id_)
        return True


@dataclass
class AttachWay:
    """The process of a container that is there; closing the terminal leaves it alone."""

    container: str
    has_terminal: bool
    takes_input: bool
    is_left: bool = False

    @property
    def title(self) -> str:
        return self.container

    def follow(self, client: Client, size: tuple[int, int], attend: Attend) -> int | None:
        name = self.container
        with (
            client.containers.attach(name, stdin=self.takes_input, terminal=self.has_terminal) as stream,
            closing(client.containers.wait(name)) as waiting,
        ):
            attend(stream, name)
            return waiting.result() if not self.is_left and has_ended(client, name) else None

    def resize(self, client: Client, id_: str, rows: int, columns: int) -> None:
        if self.has_terminal:
            client.containers.resize(id_, height=rows, width=columns)

    def end(self, client: Client, id_: str) -> bool:
        self.is_left = True
        return False


def has_ended(client: Client, name: str) -> bool:
    """Tell whether a container has ended, or its terminal was only left."""
    deadline = time.monotonic() + _ENDING_SECONDS
    while time.monotonic() < deadline:
        try:
            if not client.containers.inspect(name)["State"]["Running"]:
                return True
        except ContainersError:
            return True  # it removes itself
        time.sleep(0.05)
    return False


def _nowhere(_stream: int, _content: bytes) -> None:
    """Take output that `attend` has taken already."""
