"""Folders that a step has beside its root while it runs: mount points, scripts, secrets, sockets.

They lie in a place that the daemon clears when it starts, so that one that was killed leaves none for ever.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import gettempdir

# Where a secret lies that should not reach a disk.
_MEMORY = Path("/dev/shm")


@dataclass(frozen=True, slots=True)
class StepFolders:
    """Makes folders in `place`, which the owner clears with `clear` and removes; by default where all programs do."""

    place: Path = field(default_factory=lambda: Path(gettempdir()))

    @contextmanager
    def made(self, kind: str, *, in_memory: bool = False) -> Iterator[Path]:
        """Make a folder that only we may enter, and remove it with all that is in it.

        One in memory has a link to it in `place`, made first: that tells the next daemon where it was.
        """
        note = self.place / f"build-{kind}-{secrets.token_hex(8)}"
        folder = _MEMORY / note.name if in_memory and _MEMORY.is_dir() else note
        try:
            if folder != note:
                note.symlink_to(folder)
            folder.mkdir(mode=0o700)
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            if folder != note:
                note.unlink(missing_ok=True)


def clear(place: Path) -> None:
    """Remove from memory what is known in `place`, whose own folders stay for its owner to remove."""
    if not place.is_dir():
        return
    for entry in os.scandir(place):
        target = _MEMORY / entry.name
        if entry.is_symlink() and os.readlink(entry.path) == str(target):
            shutil.rmtree(target, ignore_errors=True)
