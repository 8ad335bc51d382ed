"""What each layer of an image changes: files added, changed and removed, and bytes that nobody can see any more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from jupyter_containers.client.saved_layers import Entry, SavedLayer

# As many links as Linux follows.
_HOPS = 40
ADDED, CHANGED, REMOVED, SAME = "A", "C", "D", ""


class Change(NamedTuple):
    """A file that a layer adds (A), changes (C) or removes (D); "" is a folder on the way to one. Size in bytes."""

    letter: str
    path: str
    kind: str
    size: int


class Files:
    """The files of an image up to some layer: path → (number of the layer that has it, its line)."""

    def __init__(self) -> None:
        self.found: dict[str, tuple[int, Entry]] = {}
        self._children: dict[str, dict[str, None]] = {}

    def put(self, path: str, layer: int, entry: Entry) -> None:
        """Add a file, or put it in the place of another."""
        self.found[path] = (layer, entry)
        folder, _, name = path.rpartition("/")
        self._children.setdefault(folder, {})[name] = None

    def remove(self, path: str) -> list[tuple[str, int, Entry]]:
        """Take away a file, or a folder with all in it; return what has gone."""
        gone = self.empty(path)
        taken = self.found.pop(path, None)
        if taken is not None:
            gone.append((path, *taken))
        folder, _, name = path.rpartition("/")
        self._children.get(folder, {}).pop(name, None)
        return gone

    def empty(self, path: str) -> list[tuple[str, int, Entry]]:
        """Take away what is in a folder; return it."""
        gone: list[tuple[str, int, Entry]] = []
        waiting = [path]
        while waiting:
            folder = waiting.pop()
            for name in self._children.pop(folder, {}):
                inner = f"{folder}/{name}" if folder else name
                waiting.append(inner)
                taken = self.found.pop(inner, None)
                if taken is not None:
                    gone.append((inner, *taken))
        return gone


@dataclass
class Layering:
    """An image's layers with what each changes. `wasted`: bytes by path that a later layer hides; sizes in bytes."""

    layers: Sequence[SavedLayer]
    changes: list[list[Change]] = field(default_factory=list)
    files: Files = field(default_factory=Files)
    wasted: Counter[str] = field(default_factory=Counter)
    times: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, layers: Sequence[SavedLayer]) -> Layering:
        layering = cls(layers)
        for number, layer in enumerate(layers):
            layering.changes.append(list(layering._apply(number, layer)))
        return layering

    @property
    def size(self) -> int:
        """The bytes of all files of all layers."""
        return sum(layer.size for layer in self.layers)

    @property
    def wasted_bytes(self) -> int:
        return sum(self.wasted.values())

    @property
    def efficiency(self) -> float:
        """The part of the bytes that can be seen in the end, from 0 to 1."""
        return 1 - self.wasted_bytes / self.size if self.size else 1.0

    def resolve(self, path: str) -> str:
        """Return where links lead from a path, in the whole image."""
        waiting, done, hops = [part for part in path.split("/") if part not in ("", ".")][::-1], "", 0
        while waiting:
            part = waiting.pop()
            if part == "..":
                done = done.rpartition("/")[0]
                continue
            inner = f"{done}/{part}" if done else part
            entry = self.files.found[inner][1] if inner in self.files.found else None
            if entry is None or entry.kind not in ("link", "same") or hops > _HOPS:
                done = inner
                continue
            hops += 1
            done = "" if entry.kind == "same" or entry.target.startswith("/") else done
            waiting += [step for step in entry.target.split("/") if step not in ("", ".")][::-1]
        return done

    def below(self, number: int, path: str) -> int | None:
        """Return the layer below one that has the file as it was before; None if there was none."""
        for lower in range(number - 1, -1, -1):
            layer = self.layers[lower]
            if path in layer.entries:
                return lower
            if any(path == gone or path.startswith(f"{gone}/") for gone in (*layer.removed, *layer.opaque)):
                return None
        return None

    def holder(self, number: int, path: str) -> int | None:
        """Return the layer that has the file as it is with layer `number` on top; None if it is not there."""
        return number if path in self.layers[number].entries else self._unless_removed(number, path)

    def _unless_removed(self, number: int, path: str) -> int | None:
        layer = self.layers[number]
        hidden = any(path == gone or path.startswith(f"{gone}/") for gone in (*layer.removed, *layer.opaque))
        return None if hidden else self.below(number, path)

    def _apply(self, number: int, layer: SavedLayer) -> Iterator[Change]:
        """Put a layer on top of what is there; yield its changes."""
        gone: dict[str, tuple[int, Entry]] = {}
        for path in layer.opaque:
            gone |= {inner: (at, entry) for inner, at, entry in self.files.empty(path)}
        for path in layer.removed:
            gone |= {inner: (at, entry) for inner, at, entry in self.files.remove(path)}
        for path, entry in layer.entries.items():
            before = gone.pop(path, None) or self.files.found.get(path)
            if before is not None and before[1].kind == "folder" and entry.kind != "folder":
                gone |= {inner: (at, old) for inner, at, old in self.files.empty(path)}
            if before is not None:
                self._waste(path, before[1])
            self.files.put(path, number, entry)
            yield Change(_letter(before and before[1], entry), path, entry.kind, entry.size)
        for path, (_, entry) in gone.items():
            self._waste(path, entry)
            yield Change(REMOVED, path, entry.kind, entry.size)

    def _waste(self, path: str, entry: Entry) -> None:
        if entry.size:
            self.wasted[path] += entry.size
            self.times[path] += 1


def _letter(before: Entry | None, entry: Entry) -> str:
    if before is None:
        return ADDED
    # Layers carry the folders on the way to what they change, unchanged.
    return SAME if entry.kind == before.kind == "folder" and entry[2:5] == before[2:5] else CHANGED
