"""One sandbox whose cell has ended: what changed in it, and what is to become of that."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from jupyter_containers.client import Client
from jupyter_containers.errors import Conflict
from jupyter_containers.sandboxes import changes, diffs, keeping, roster
from jupyter_containers.sandboxes.changes import FileChange, Kind, is_below
from jupyter_containers.sandboxes.choice import Choice, Refusal, choose, wanted
from jupyter_containers.sandboxes.copies import Copied

# Where the variables of a cell are; nothing of the cell's own.
_OURS = ("/variables",)


@dataclass(frozen=True, slots=True)
class Kept:
    """What was made here, and what stayed in the sandbox."""

    made: tuple[FileChange, ...]
    refused: tuple[Refusal, ...]


@dataclass(slots=True)
class Sandbox:
    """A container that was a copy of this machine. `client` returns a client whose daemon answers."""

    client: Callable[[], Client]
    container: str
    name: str
    folder: Path
    began_at: datetime
    copied: Copied | None = None
    files: list[FileChange] = field(default_factory=list)
    diffs: dict[str, list[str]] = field(default_factory=dict)
    is_gone: bool = False

    @classmethod
    def find(cls, client: Callable[[], Client], name: str) -> Sandbox:
        """Return a sandbox that is there, looked at. Raises NotFound, and Conflict while its cell runs."""
        entry = roster.find(client(), name)
        if entry.is_running:
            raise Conflict(f"{entry.name} still runs; %container stop {entry.name} ends it")
        copied = Copied.from_label(entry.folder, entry.copied) if entry.copied else None
        sandbox = cls(client, entry.id, entry.name, entry.folder, entry.began_at, copied)
        sandbox.look()
        return sandbox

    def look(self) -> None:
        """Ask which files have changed, and what in them."""
        client = self.client()
        if self.copied is None:
            self.files = changes.find(client, self.container, folder=self.folder, left_out=_OURS)
        else:
            ours = (*_OURS, str(self.folder), *self.copied.left_out)
            elsewhere = changes.find(client, self.container, folder=self.folder, left_out=ours)
            inside = self.copied.changes(client, self.container, began_at=self.began_at)
            self.files = inside + [change for change in elsewhere if not is_below(str(self.folder), [change.path])]
        self.diffs = diffs.diffs(client, self.container, self.files)

    def choose(self, paths: Sequence[str] = (), *, force: bool = False) -> Choice:
        """Return which changes may go to their real places: at these paths, or all in the folder."""
        client = self.client()
        # Of very many files not all have been looked at.
        found = [
            changes.look(client, self.container, one.letter, one.path) if one.kind is Kind.UNKNOWN else one
            for one in wanted(self.files, paths, self.folder)
        ]
        return choose(found, paths, folder=self.folder, began_at=self.began_at, force=force)

    def keep(self, choice: Choice) -> Kept:
        """Make the changes chosen here."""
        made, refused = keeping.take_over(self.client(), self.container, choice.taken, folder=self.folder)
        return Kept(tuple(made), (*choice.refused, *refused))

    def discard(self) -> None:
        """Remove it with all that is in it."""
        self.client().containers.remove(self.container, force=True, volumes=True)
        self.is_gone = True

    def save(self, name: str) -> str:
        """Make an image of it, which starts Python in the same folder; return its id."""
        command = sys.executable.replace("\\", "\\\\").replace('"', '\\"')
        changes = [f'CMD ["{command}"]', "ENTRYPOINT []", roster.NO_SANDBOX]
        return self.client().images.commit(self.container, name, changes=changes)
