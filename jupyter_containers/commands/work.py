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
    "commit", "save", "export", "load", "import", "cp", "rmi", "rm", "stop", "restart", "kill", "pause", "unpause",
    "wait", "prune", "df", "create", "diff", "history",
})  # fmt: skip
_WIDTH = 60


@dataclass(frozen=True, slots=True)
class Advanced:
    """So many bytes have been carried, of so many, or of a number that nobody knows (0)."""

    count: int
    total: int = 0


class Work(LiveResult):
    """Something that goes on. `count` and `total` are bytes; False when it was stopped or failed."""

    kind: ClassVar[str] = "work"

    def __init__(self, what: str) -> None:
        self.what = what
        self.count = self.total = 0
        self.ended = ""
        self._begun = time.monotonic()
        self._seconds: float | None = None

    def __bool__(self) -> bool:
        return self.ended in ("", "done")

    def apply(self, event: object) -> Iterable[Said]:
        """Take in how far it is, or in a word how it ended."""
        if isinstance(event, Advanced):
            self.count, self.total = self.count + event.count, event.total or self.total
        elif isinstance(event, str):
            self.ended, self._seconds = event, time.monotonic() - self._begun
        return ()

    def amount(self) -> str:
        """Return how many bytes have been carried, "" if none is counted."""
        of = f" of {size_text(self.total)}" if self.total else ""
        return f"{size_text(self.count)}{of}" if self.count or self.total else ""

    def text(self) -> str:
        took = duration_text(self._seconds if self._seconds is not None else time.monotonic() - self._begun)
        state = f"{self.ended} after {took}" if self.ended else took
        return " · ".join(filter(None, [self.what, self.amount(), state]))

    def data(self) -> Json:
        return {"what": self.what, "count": self.count, "total": self.total, "ended": self.ended}


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
            session.carried = lambda _count, _total: None
