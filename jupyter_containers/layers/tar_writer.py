"""Write members as a tar stream: ustar where it suffices, pax records where it does not.

The same members give the same bytes: no access times, no names of owners, whole seconds, nothing of this machine.
Sources: POSIX.1-2017, pax; GNU tar manual, "PAX 1.0" sparse files (Go's, Python's and GNU's readers know them).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from jupyter_containers.layers.fields import BLOCK
from jupyter_containers.layers.member import Kind, Member
from jupyter_containers.layers.pax import XATTR_PREFIX

_MAX_OCTAL_7 = 0o7777777
_MAX_OCTAL_11 = 0o77777777777
_NAME_FIELD = 100
_PREFIX_FIELD = 155
_RECORD = 20 * BLOCK
_PIECE = 1 << 20
_ZEROS = bytes(_PIECE)


class TarWriter:
    """Writes to `write`, which takes all bytes it is given. add() members in order, then finish()."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write
        self._written = 0

    def add(self, member: Member, data: Iterable[bytes] = ()) -> None:
        """Write a member and its stored bytes.

        A file that shrank while it was read is filled up with zeros, one that grew is cut: the header is out already.
        """
        sparse_map = _sparse_map(member)
        size = len(sparse_map) + member.stored_size if member.kind is Kind.FILE else 0
        records = _records(member, size)
        if records:
            self._put(_header(Member(b"PaxHeaders/" + member.name[-80:], Kind.FILE), len(records), flag=b"x"))
            self._put(records + bytes(-len(records) % BLOCK))
        self._put(_header(member, size))
        if sparse_map:
            self._put(sparse_map)
        if size:
            self._put_data(data, member.stored_size)

    def finish(self) -> None:
        """End the archive: two zero blocks, filled up to a record of 20 blocks as tar has always done."""
        self._put(bytes(2 * BLOCK))
        self._put(bytes(-self._written % _RECORD))

    def _put_data(self, data: Iterable[bytes], size: int) -> None:
        left = size
        for piece in data:
            piece = piece[:left]
            self._put(piece)
            left -= len(piece)
            if not left:
                break
        while left:
            self._put(_ZEROS[:left])
            left -= min(left, _PIECE)
        self._put(bytes(-size % BLOCK))

    def _put(self, content: bytes) -> None:
        if content:
            self._write(content)
            self._written += len(content)


def _records(member: Member, size: int) -> bytes:
    """Return the pax records that a member needs because ustar has no room; b"" for most."""
    records: dict[bytes, bytes] = {}
    name = _stored_name(member)
    if member.extents is not None:
        records |= {
            b"GNU.sparse.major": b"1", b"GNU.sparse.minor": b"0",
            b"GNU.sparse.name": name, b"GNU.sparse.realsize": b"%d" % member.size,
        }  # fmt: skip
    elif _split(name) is None or not name.isascii():
        records[b"path"] = name
    if len(member.link) > _NAME_FIELD or not member.link.isascii():
        records[b"linkpath"] = member.link
    numbers = ((b"uid", member.uid, _MAX_OCTAL_7), (b"gid", member.gid, _MAX_OCTAL_7), (b"size", size, _MAX_OCTAL_11))
    records |= {key: b"%d" % value for key, value, limit in numbers if value > limit}
    if not 0 <= _seconds(member) <= _MAX_OCTAL_11:
        records[b"mtime"] = b"%d" % _seconds(member)
    records |= {XATTR_PREFIX + key: value for key, value in sorted(member.xattrs.items())}
    if not _is_text(name) or not _is_text(member.link):
        # Without it a reader takes pax names for UTF-8.
        records = {b"hdrcharset": b"BINARY", **records}
    return b"".join(_record(key, value) for key, value in records.items())


def _record(key: bytes, value: bytes) -> bytes:
    """Write `length key=value\\n`, where the length counts its own digits."""
    rest = len(key) + len(value) + 3
    length = rest + len(str(rest))
    length = rest + len(str(length))
    return b"%d %s=%s\n" % (length, key, value)


def _header(member: Member, size: int, *, flag: bytes | None = None) -> bytes:
    prefix, name = _split(_stored_name(member)) or (b"", _stored_name(member)[:_NAME_FIELD])
    if member.extents is not None:
        prefix, name = b"", (b"GNUSparseFile.0/" + member.name)[:_NAME_FIELD]
    seconds = _seconds(member)
    header = b"".join((
        name.ljust(100, b"\0"), b"%07o\0" % member.mode, _octal(member.uid, _MAX_OCTAL_7, 7),
        _octal(member.gid, _MAX_OCTAL_7, 7), _octal(size, _MAX_OCTAL_11, 11),
        _octal(max(seconds, 0), _MAX_OCTAL_11, 11), b" " * 8, flag or member.kind.value,
        member.link[:_NAME_FIELD].ljust(100, b"\0"), b"ustar\x0000", bytes(64),
        b"%07o\0%07o\0" % member.device, prefix.ljust(_PREFIX_FIELD, b"\0"), bytes(12),
    ))  # fmt: skip
    return header[:148] + b"%06o\0 " % sum(header) + header[156:]


def _octal(value: int, limit: int, digits: int) -> bytes:
    return b"%0*o\0" % (digits, value if value <= limit else 0)


def _stored_name(member: Member) -> bytes:
    return member.name + b"/" if member.kind is Kind.DIRECTORY else member.name


def _split(name: bytes) -> tuple[bytes, bytes] | None:
    """Split a name for ustar's two fields, at a slash; None if it does not fit."""
    if len(name) <= _NAME_FIELD:
        return b"", name
    slash = name.rfind(b"/", 0, _PREFIX_FIELD + 1)
    # A directory's own slash at the end belongs to the name.
    if slash == len(name) - 1:
        slash = name.rfind(b"/", 0, slash)
    if slash <= 0 or len(name) - slash - 1 > _NAME_FIELD:
        return None
    return name[:slash], name[slash + 1 :]


def _sparse_map(member: Member) -> bytes:
    if member.extents is None:
        return b""
    numbers = [len(member.extents), *(value for extent in member.extents for value in extent)]
    text = b"".join(b"%d\n" % value for value in numbers)
    return text + bytes(-len(text) % BLOCK)


def _seconds(member: Member) -> int:
    return member.mtime_ns // 1_000_000_000


def _is_text(name: bytes) -> bool:
    try:
        name.decode()
    except UnicodeDecodeError:
        return False
    return True
