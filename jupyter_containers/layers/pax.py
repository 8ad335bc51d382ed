"""Extension headers of tar: pax records and GNU long names, which say more about the next member.

Global pax headers ("g") are not for us: `git archive` writes them, and a path in one would rename every member
(moby and containerd pass over them as well).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from jupyter_containers.layers.member import InvalidLayer

XATTR_PREFIX = b"SCHILY.xattr."
_BILLION = 1_000_000_000
_MAX_NUMBER_LENGTH = 40


@dataclass(slots=True)
class SparseExtension:
    """What GNU.sparse.* records say; versions 0.0 and 0.1 carry the map here, 1.0 before the data."""

    major: int = 0
    minor: int = 0
    name: bytes | None = None
    real_size: int = 0
    is_sparse: bool = False
    entries: list[int] | None = None

    @property
    def is_1_0(self) -> bool:
        return self.is_sparse and (self.major, self.minor) == (1, 0)


@dataclass(slots=True)
class Extensions:
    """All that extension headers said about the member that comes next; None where they said nothing."""

    name: bytes | None = None
    link: bytes | None = None
    size: int | None = None
    uid: int | None = None
    gid: int | None = None
    mtime_ns: int | None = None
    xattrs: dict[bytes, bytes] = field(default_factory=dict)
    sparse: SparseExtension = field(default_factory=SparseExtension)
    _seen: bool = False

    def __bool__(self) -> bool:
        return self._seen

    def read(self, flag: bytes, content: bytes) -> None:
        """Take over one extension header. Raises InvalidLayer for one that is malformed."""
        self._seen = True
        if flag == b"L":
            self.name = content.partition(b"\0")[0]
        elif flag == b"K":
            self.link = content.partition(b"\0")[0]
        else:
            for key, value in records(content):
                self._record(key, value)

    def _record(self, key: bytes, value: bytes) -> None:
        if key.startswith(XATTR_PREFIX):
            self.xattrs[key[len(XATTR_PREFIX) :]] = value
        elif key.startswith(b"GNU.sparse."):
            self._sparse_record(key[len(b"GNU.sparse.") :], value)
        elif key == b"path":
            self.name = _name(value)
        elif key == b"linkpath":
            self.link = _name(value)
        elif key == b"size":
            self.size = _number(key, value)
        elif key == b"uid":
            self.uid = _number(key, value)
        elif key == b"gid":
            self.gid = _number(key, value)
        elif key == b"mtime":
            self.mtime_ns = _nanoseconds(value)

    def _sparse_record(self, key: bytes, value: bytes) -> None:
        sparse = self.sparse
        sparse.is_sparse = True
        if key == b"major":
            sparse.major = _number(key, value) or 0
        elif key == b"minor":
            sparse.minor = _number(key, value) or 0
        elif key == b"name":
            sparse.name = _name(value)
        elif key in (b"realsize", b"size"):
            sparse.real_size = _number(key, value) or 0
        elif key == b"map":
            sparse.entries = [_number(key, item) or 0 for item in value.split(b",")] if value else []
        elif key in (b"offset", b"numbytes"):
            # Version 0.0 repeats these two in turn, one pair for each piece.
            sparse.entries = sparse.entries or []
            sparse.entries.append(_number(key, value) or 0)


def records(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield (key, value) of each `length key=value\\n`. Raises InvalidLayer for anything else."""
    position = 0
    while position < len(content):
        space = content.find(b" ", position, position + 20)
        digits = content[position:space] if space > 0 else b""
        if not digits.isdigit():
            if not content[position:].strip(b"\0"):
                return
            raise InvalidLayer(f"tar has a malformed pax record: {content[position : position + 40]!r}")
        end = position + int(digits)
        key, equals, value = content[space + 1 : end - 1].partition(b"=")
        if (
            end > len(content)
            or end <= space + 1
            or content[end - 1 : end] != b"\n"
            or not equals
            or not key
            or b"\0" in key
        ):
            raise InvalidLayer(f"tar has a malformed pax record: {content[position : position + 40]!r}")
        yield key, value
        position = end


def _name(value: bytes) -> bytes | None:
    if b"\0" in value:
        raise InvalidLayer(f"tar has a pax name with a zero byte: {value[:80]!r}")
    # An empty value takes an earlier record back: the header's own field counts.
    return value or None


def _number(key: bytes, value: bytes) -> int | None:
    if not value:
        return None
    if not value.isdigit() or len(value) > _MAX_NUMBER_LENGTH:
        raise InvalidLayer(f"tar has a pax {key.decode('ascii', 'replace')} that is no number: {value[:40]!r}")
    number = int(value)
    if number >= 1 << 63:
        raise InvalidLayer(f"tar has an impossible pax {key.decode('ascii', 'replace')}: {number}")
    return number


def _nanoseconds(value: bytes) -> int | None:
    if not value:
        return None
    sign = -1 if value.startswith(b"-") else 1
    seconds, _, fraction = value.lstrip(b"-").partition(b".")
    if not seconds.isdigit() or len(value) > _MAX_NUMBER_LENGTH or (fraction and not fraction.isdigit()):
        raise InvalidLayer(f"tar has a pax mtime that is no time: {value[:40]!r}")
    return sign * (int(seconds) * _BILLION + int(fraction[:9].ljust(9, b"0")))
