"""Work that only ends: a commit, a copy, a removal. Shown while it goes on if it takes long, and its result then."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar

from jupyter_containers.commands.command import Command, chosen
from jupyter_containers.commands.quantities import duration_text, size_text
from jupyter_containers.commands.results import Json, LiveResult, Result, Said, visible
from jupyter_containers.commands.session import Session
from jupyter_containers.commands.tracing import perform as plainly

# Commands that say nothing before they have ended. Others show themselves how far they are, or ask for something.
QUIET = frozenset({
    "commit", "save", "export", "load", "import", "cp", "rmi", "rm", "start", "stop", "restart", "kill", "pause",
    "unpause", "wait", "prune", "df", "create", "diff", "history", "layers", "ps", "ls", "images", "tag", "inspect",
    "top", "port", "rename", "update", "connect", "disconnect", "info", "version", "doctor", "use", "install", "serve",
})  # fmt: skip
_WIDTH = 60


@dataclass(frozen=True, slots=True)
class Advanced:
    """So many bytes have been carried, of so many, or of a number that nobody knows (0)."""

    count: int
    total: int = 0


@dataclass(frozen=True, slots=True)
class Counted:
    """So many things have been done, of so many, or of a number that nobody knows (0)."""

    done: int
    total: int = 0


class Work(LiveResult):
    """Something that goes on. `count` and `total` are bytes, `done` things; False when it was stopped or failed."""

    kind: ClassVar[str] = "work"

    def __init__(self, what: str) -> None:
        self.what = what
        self.count = self.total = 0
        self.done = Counted(0)
        self.ended = ""
        self._begun = time.monotonic()
        self._seconds: float | None = None

    def __bool__(self) -> bool:
        return self.ended in ("", "done")

    def apply(self, event: object) -> Iterable[Said]:
        """Take in how far it is, or in a word how it ended."""
        if isinstance(event, Advanced):
            self.count, self.total = self.count + event.count, event.total or self.total
        elif isinstance(event, Counted):
            self.done = event
        elif isinstance(event, str):
            self.ended, self._seconds = event, time.monotonic() - self._begun
        return ()

    def amount(self) -> str:
        """Return how many bytes have been carried, or things done; "" if none is counted."""
        if self.done.total:
            return f"{self.done.done} of {self.done.total}"
        if self.done.done:
            return f"{self.done.done} so far"
        of = f" of {size_text(self.total)}" if self.total else ""
        return f"{size_text(self.count)}{of}" if self.count or self.total else ""

    def text(self) -> str:
        took = duration_text(self._seconds if self._seconds is not None else time.monotonic() - self._begun)
        state = f"{self.ended} after {took}" if self.ended else took
        return " · ".join(filter(None, [self.what, self.amount(), state]))

    def share(self) -> tuple[int, int]:
        """Return how much is done, and of how much; 0 if nobody knows."""
        if self.done.total:
            return self.done.done, self.done.total
        return min(self.count, self.total), self.total

    def data(self) -> Json:
        done = {"done": self.done.done, "doneOf": self.done.total}
        return {"what": self.what, "count": self.count, "total": self.total, **done, "ended": self.ended}


def perform(session: Session, command: Command, options: Namespace, words: Sequence[str]) -> Result | None:
    """Do what a command says; what takes long is seen meanwhile."""
    if chosen(command, options).name not in QUIET:
        return plainly(session, command, options, words)
    text = visible(" ".join(words))
    with _shown(session, Work(text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…")):
        return plainly(session, command, options, words)


@contextmanager
def _shown(session: Session, work: Work) -> Iterator[None]:
    with session.front.slow(work) as tell:
        session.carried = lambda count, total: tell(Advanced(count, total))
        session.counted = lambda done, total: tell(Counted(done, total))
        try:
            yield
            tell("done")
        except KeyboardInterrupt:
            tell("stopped")
            raise
        except BaseException:
            tell("failed")
            raise
        finally:
            session.carried = session.counted = lambda _count, _total: None
