"""The Python API: one object that has the verbs of the magics, for one daemon."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Self

from jupyter_containers.client import Client
from jupyter_containers.commands import settings_files
from jupyter_containers.commands.session import PYTHON, Session
from jupyter_containers.verbs.calls import SilentFront
from jupyter_containers.verbs.words import Words


class Connection(Words):
    """A daemon's verbs: `run`, `build`, `ps`, … with the options of the magics as keywords, and the same results.

    A method raises what its magic raises: kinds of errors.py, CommandFailed when a process ends with another exit code
    than 0. Closing it closes its connections; it can be used in a `with` statement. One object may serve several
    threads. `client` has the daemon's resources one by one, as streams and values instead of results.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session)

    @property
    def client(self) -> Client:
        """The client below the verbs."""
        return self._session.client

    @property
    def host(self) -> str:
        """The address of the daemon."""
        return self._session.host

    def close(self) -> None:
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Connection({self.host!r})"


def connect(host: str | None = None, *, say: Callable[[str], None] = print) -> Connection:
    """Return the verbs of a daemon that answers: at `host`, where the environment or the settings say, or our own.

    `host` is an address or the name of a docker context, `default` for our own. Our own daemon is started when there
    is none, and `say` is told so, as of other things that matter beside a result. Other settings than `host` are for
    lines that people type: a call says itself what it wants. Raises Unavailable when nobody answers, Unsupported when
    it cannot be started by this user; InvalidParameter for a bad address or settings that cannot be read, NotFound for
    an unknown context.
    """
    session = Session(SilentFront(say), surface=PYTHON, host=host or "", settings=settings_files.load())
    _ = session.client
    return Connection(session)
