"""A front that remembers what it was shown, and a session on a daemon that is made of Python objects."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from jupyter_containers.commands.front import Tell
from jupyter_containers.commands.results import LiveResult, Result
from jupyter_containers.commands.session import Session


class RememberingFront:
    """Keeps notes, results, and what a terminal would have printed."""

    def __init__(self) -> None:
        self.is_attended = False
        self.notes: list[str] = []
        self.shown: list[Result] = []
        self.said: list[tuple[int, str]] = []

    def note(self, text: str) -> None:
        self.notes.append(text)

    def show(self, result: Result) -> None:
        self.shown.append(result)

    @contextmanager
    def live(self, result: LiveResult) -> Iterator[Tell]:
        self.shown.append(result)
        yield lambda event: self.said.extend(result.apply(event))

    @contextmanager
    def slow(self, result: LiveResult) -> Iterator[Tell]:
        yield lambda event: self.said.extend(result.apply(event))


class SessionOn(Session):
    """A session whose client is an object given to it."""

    def __init__(self, client: Any = None, *, surface: str = "magic", body: str = "", folder: Path = Path("/")) -> None:
        self.remembering = RememberingFront()
        super().__init__(self.remembering, surface=surface, host="unix:///nobody/listens/here")
        self.body = body
        self._given = client if client is not None else SimpleNamespace()
        self._folder = folder

    @property
    def client(self) -> Any:
        return self._given

    @property
    def folder(self) -> Path:
        return self._folder
