"""A member of a layer: what a tar header, with all its extensions, says about one file."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from jupyter_containers.errors import ContainersError, InvalidParameter


class InvalidLayer(InvalidParameter):
    """The stream is no layer, or one that asks for what no layer may."""


class LayerNotApplied(ContainersError):
    """The layer may be good, but could not be written here (device full, input or output error)."""


class Kind(enum.Enum):
    """Types of members. Source: POSIX.1-2017 pax, ustar typeflag."""

    FILE = b"0"
    HARD_LINK = b"1"
    SYMLINK = b"2"
    CHARACTER_DEVICE = b"3"
    BLOCK_DEVICE = b"4"
    DIRECTORY = b"5"
    FIFO = b"6"


# Not frozen, though nobody changes one: that would take three times as long to make, 3 µs for each file of a layer.
@dataclass(slots=True)
class Member:
    """One member. Names are bytes: a file name need not be text.

    `size` is the size of the file; the stream holds `stored_size` bytes of it, which go to `extents`
    ((offset, length) in the file, in order) when the file has holes, else to its beginning.
    """

    name: bytes
    kind: Kind
    mode: int = 0o644
    uid: int = 0
    gid: int = 0
    size: int = 0
    mtime_ns: int = 0
    link: bytes = b""
    device: tuple[int, int] = (0, 0)
    xattrs: Mapping[bytes, bytes] = field(default_factory=dict)
    stored_size: int = 0
    extents: tuple[tuple[int, int], ...] | None = None

    @property
    def text(self) -> str:
        """The name for messages."""
        return self.name.decode("utf-8", "backslashreplace")


def clean(name: bytes, *, what: str = "name") -> bytes:
    """Return a member's name or link target as a path below the root: no leading slash, no `.`, no `..`.

    An absolute name means one below the root. Raises InvalidLayer if `..` climbs above it. b"" is the root itself.
    """
    if b"\0" in name:
        raise InvalidLayer(f"layer has a {what} with a zero byte: {name[:80]!r}")
    parts: list[bytes] = []
    for part in name.split(b"/"):
        if part == b"..":
            if not parts:
                raise InvalidLayer(f"layer has a {what} that leads out of it: {name[:200]!r}")
            parts.pop()
        elif part not in (b"", b"."):
            parts.append(part)
    return b"/".join(parts)
