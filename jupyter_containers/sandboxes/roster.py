"""The sandboxes of a daemon: containers with our label, found again by whoever asks, and at most so many."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from jupyter_containers.client import Client
from jupyter_containers.client.values import ContainerSummary
from jupyter_containers.errors import ContainersError, NotFound

LABEL = "jupyter-containers.sandbox"
CELL_LABEL = f"{LABEL}.cell"
# The list of containers tells whole seconds only: too coarse to say what has changed here since.
BEGAN_LABEL = f"{LABEL}.began"
COPIED_LABEL = f"{LABEL}.copied"
# Said to an image that is made of a sandbox, which would have its labels else, and so would containers of it.
NO_SANDBOX = f'LABEL {LABEL}=""'
PREFIX = "sandbox-"
LAST = "last"
AT_MOST = 10


@dataclass(frozen=True, slots=True)
class Entry:
    """A sandbox that is there. `folder` is where its cell ran, `cell` the first line of that.

    `copied` is "" unless the folder is a copy of files; then copies.Copied reads it.
    """

    id: str
    name: str
    folder: Path
    cell: str
    began_at: datetime
    is_running: bool
    status: str
    copied: str = ""


def labels(folder: Path, cell: str) -> tuple[str, ...]:
    """Return the labels of a new sandbox."""
    first = next((line.strip() for line in cell.splitlines() if line.strip()), "")
    return (f"{LABEL}={folder}", f"{CELL_LABEL}={first[:80]}", f"{BEGAN_LABEL}={datetime.now(UTC).isoformat()}")


def entries(client: Client) -> list[Entry]:
    """Return all sandboxes, the newest first."""
    found = client.containers.list(every=True, filters={"label": [LABEL]})
    there = (_entry(container) for container in found if container.labels.get(LABEL))
    return sorted(there, key=lambda entry: entry.began_at, reverse=True)


def _entry(container: ContainerSummary) -> Entry:
    return Entry(
        container.id, container.name, Path(container.labels.get(LABEL, "/")), container.labels.get(CELL_LABEL, ""),
        _began_at(container), container.state in ("running", "paused"), container.status,
        container.labels.get(COPIED_LABEL, ""),
    )  # fmt: skip


def _began_at(container: ContainerSummary) -> datetime:
    try:
        return datetime.fromisoformat(container.labels.get(BEGAN_LABEL, "")).astimezone(UTC)
    except ValueError:
        return container.created_at


def find(client: Client, name: str) -> Entry:
    """Return a sandbox by its name, its id, its number, or `last`. Raises NotFound with those that are there."""
    found = entries(client)
    if name == LAST and found:
        return found[0]
    for entry in found:
        if name in (entry.name, entry.id, entry.id[:12], entry.name.removeprefix(PREFIX)):
            return entry
    there = ", ".join(entry.name for entry in found)
    raise NotFound(f"no sandbox is called {name}; there {'is none' if not there else f'are {there}'}")


def next_name(client: Client) -> str:
    """Return a name that no sandbox has, one number above the highest."""
    return f"{PREFIX}{max((_number(entry.name) for entry in entries(client)), default=0) + 1}"


def _number(name: str) -> int:
    digits = name.removeprefix(PREFIX)
    return int(digits) if name.startswith(PREFIX) and digits.isascii() and digits.isdigit() else 0


def remove_the_oldest(client: Client, at_most: int = AT_MOST) -> list[str]:
    """Remove sandboxes that have ended, but for the newest; return the names of those removed."""
    removed = []
    for entry in [entry for entry in entries(client) if not entry.is_running][at_most:]:
        try:
            client.containers.remove(entry.id, volumes=True)
        except ContainersError:
            continue  # somebody else is at it
        removed.append(entry.name)
    return removed
