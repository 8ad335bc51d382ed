"""How much of the build cache a prune keeps: by size, by what is reserved, by what must stay free on the disk."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Room:
    """What a prune leaves, in bytes; 0 is no wish. Source: BuildKit, "GC limits".

    `most` is what the cache may take. `free` is what shall be free on the disk. `reserved` is never taken from it.
    """

    most: int = 0
    free: int = 0
    reserved: int = 0

    def bytes_kept(self, total: int, *, free: int) -> int:
        """Return how many of the `total` bytes of the cache to keep, where `free` bytes are free on the disk now."""
        if not (self.most or self.free or self.reserved):
            return 0
        kept = self.most or (total if self.free else 0)
        lacking = self.free - free
        if self.free and lacking > 0:
            kept = min(kept, total - lacking)
        return max(kept, self.reserved)


NO_ROOM = Room()


@dataclass(frozen=True, slots=True)
class Prunable:
    """A part of the cache; `last_used` is seconds since the epoch."""

    last_used: float
    key: str
    size: int


def chosen(parts: Iterable[Prunable], total: int, keep: int) -> set[str]:
    """Return the keys of what goes, the one unused for longest first, until at most `keep` bytes of `total` are left.

    With nothing to keep all goes, also what takes no room.
    """
    found, left = set[str](), total
    for part in sorted(parts, key=lambda part: part.last_used):
        if not keep or left > keep:
            found.add(part.key)
            left -= part.size
    return found


@dataclass(frozen=True, slots=True)
class CacheLimit:
    """What is pruned after each build: down to so many bytes, what was unused for so many seconds.

    `takes_shared`: also the steps whose layers an image has, which frees nothing as long as it is there.
    """

    keep_bytes: int
    unused_seconds: float = 0.0
    takes_shared: bool = False
