"""Files of this machine that change: noticed as it happens, by the kernel's inotify; and what is told of it.

The library that speaks to the kernel is loaded when something is watched.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from jupyter_containers.errors import ContainersError

# What happens to a file that has other content afterwards, or another name; what is only read is nobody's concern.
_KINDS = {"created", "modified", "moved", "deleted", "closed"}
_JOIN_SECONDS = 5.0
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Watching:
    """From now on no change is missed."""

    paths: tuple[Path, ...]

    def describe(self) -> str:
        return f"watching {_listed(map(str, self.paths))}"


@dataclass(frozen=True, slots=True)
class Acted:
    """What a service wanted done has been done. `paths` are those that had changed."""

    service: str
    action: str
    paths: tuple[Path, ...]

    def describe(self) -> str:
        return f"{self.action} of {self.service}: {_listed(path.name for path in self.paths)}"


@dataclass(frozen=True, slots=True)
class NotActed:
    """It could not be done; the next change is another try."""

    service: str
    action: str
    error: ContainersError

    def describe(self) -> str:
        return f"{self.action} of {self.service} failed: {self.error.message}"


@dataclass(frozen=True, slots=True)
class Renewing:
    """The containers of a service are about to end, and come again."""

    service: str


@dataclass(frozen=True, slots=True)
class Renewed:
    service: str


Noticed = Watching | Acted | NotActed


def _listed(names: Iterable[str]) -> str:
    found = list(dict.fromkeys(names))
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return ", ".join(found[:_SHOWN]) + more


class Noticing:
    """Hands each path that changes to `put`, in another thread, for the time of a `with` block.

    Raises ContainersError for a path that cannot be watched.
    """

    def __init__(self, paths: Iterable[Path], put: Callable[[Path], object]) -> None:
        self._paths = sorted(set(paths))
        self._put = put
        self._observer: Any = None

    def __enter__(self) -> Self:
        from watchdog.observers import Observer

        try:
            for path in self._paths:
                if not path.exists():
                    raise ContainersError(f"cannot watch {path}: it is not there")
            # It asks the kernel for its part at once, and has a thread from then on.
            self._observer = Observer()
            for folder in self._folders():
                # Of a file its folder is watched: editors write a new file, and give it the old one's name.
                self._observer.schedule(self, str(folder), recursive=folder in self._paths)
            self._observer.start()
        except OSError as error:
            if self._observer is not None:
                self._observer.stop()
            raise ContainersError(f"cannot watch {error.filename or self._paths[0]}: {_reason(error)}") from None
        return self

    def _folders(self) -> list[Path]:
        whole = [path for path in self._paths if path.is_dir()]
        whole = [path for path in whole if not any(other in path.parents for other in whole)]
        folders = {path.parent for path in self._paths if not path.is_dir()}
        return [*whole, *(one for one in sorted(folders) if not any(one.is_relative_to(other) for other in whole))]

    def dispatch(self, event: Any) -> None:
        """Take an event of the library."""
        if event.event_type in _KINDS and not (event.is_directory and event.event_type == "modified"):
            for text in filter(None, (event.src_path, event.dest_path)):
                self._put(Path(os.fsdecode(text)))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._observer.stop()
        self._observer.join(_JOIN_SECONDS)


def _reason(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EMFILE):
        return "the kernel watches no more for this user; raise fs.inotify.max_user_watches or max_user_instances"
    return error.strerror or str(error)
