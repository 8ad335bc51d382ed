"""A daemon made of Python objects that has one container in which files have changed."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from jupyter_containers.client.values import ContainerSummary
from jupyter_containers.errors import NotFound
from jupyter_containers.sandboxes import roster

_LETTERS = {"C": 0, "A": 1, "D": 2}
FOLDER, LINK = 1 << 31, 1 << 27


@dataclass
class Change:
    """What a path has become. `target`: it is a link to there; `is_folder`: it is a folder."""

    letter: str
    content: bytes = b""
    mode: int = 0o644
    target: str = ""
    is_folder: bool = False


@dataclass
class SandboxDaemon:
    """Answers like Client where sandboxes ask. `changes` by path; `listed` are the containers."""

    changes: Mapping[str, Change] = field(default_factory=dict)
    listed: list[ContainerSummary] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    committed: list[tuple[str, str]] = field(default_factory=list)

    @property
    def containers(self) -> Any:
        return _Containers(self)

    @property
    def archives(self) -> Any:
        return _Archives(self.changes)

    @property
    def images(self) -> Any:
        return _Images(self)


def listed(name: str, *, folder: str = "/work", state: str = "exited", second: int = 0) -> ContainerSummary:
    """Return a sandbox as the list of containers has it."""
    labels = dict(label.split("=", 1) for label in roster.labels(folder, "cell\n"))  # type: ignore[arg-type]
    labels[roster.BEGAN_LABEL] = datetime(2026, 1, 1, 0, 0, second, tzinfo=UTC).isoformat()
    return ContainerSummary(f"id-of-{name}", name, "host", "", datetime.now(UTC), state, state, labels=labels)


class _Containers:
    def __init__(self, daemon: SandboxDaemon) -> None:
        self._daemon = daemon

    def changes(self, _: str) -> list[dict[str, Any]]:
        return [{"Kind": _LETTERS[one.letter], "Path": path} for path, one in self._daemon.changes.items()]

    def list(self, **_: Any) -> list[ContainerSummary]:
        return [one for one in self._daemon.listed if one.id not in self._daemon.removed]

    def remove(self, name: str, **_: Any) -> None:
        self._daemon.removed.append(name)


class _Archives:
    def __init__(self, changes: Mapping[str, Change]) -> None:
        self._changes = changes

    def look(self, container: str, path: str) -> dict[str, Any]:
        change = self._changes.get(path)
        if change is None:
            raise NotFound(f"{container}:{path} is not there")
        kind = FOLDER if change.is_folder else LINK if change.target else 0
        return {"mode": kind | change.mode, "size": len(change.content), "linkTarget": change.target}

    def get(self, _: str, path: str) -> Iterator[bytes]:
        change = self._changes[path]
        member = tarfile.TarInfo(path.rpartition("/")[2])
        member.size, member.mode, member.mtime = len(change.content), change.mode, 1_700_000_000
        if change.target:
            member.type, member.linkname, member.size = tarfile.SYMTYPE, change.target, 0
        file = io.BytesIO()
        with tarfile.open(fileobj=file, mode="w") as tar:
            tar.addfile(member, io.BytesIO(change.content))
        yield file.getvalue()


class _Images:
    def __init__(self, daemon: SandboxDaemon) -> None:
        self._daemon = daemon

    def commit(self, container: str, name: str, **_: Any) -> str:
        self._daemon.committed.append((container, name))
        return "sha256:1"
