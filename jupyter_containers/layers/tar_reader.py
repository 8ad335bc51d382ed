"""Read a tar stream as a sequence of members, quickly and without believing it.

`tarfile` would do the reading, but not this job: it takes 50-100 µs a member, applies pax global headers, seeks,
and hides what distinguishes a broken archive from the end. Formats: v7, ustar, pax, GNU (long names, base-256 numbers,
sparse files of all versions). Sources: POSIX.1-2017, pax; GNU tar manual, "Tar Internals".
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

from jupyter_containers.layers import pax, sparse
from jupyter_containers.layers.fields import BLOCK, number
from jupyter_containers.layers.member import InvalidLayer, Kind, Member

_ZERO_BLOCK = bytes(BLOCK)
# What one extension header (pax records, a GNU long name) may have; Go's reader has the same limit.
_MAX_EXTENSION = 1 << 20
# And all those of one member together: they stay in memory until it comes, and compressed they may be next to nothing.
_MAX_EXTENSIONS = 4 << 20
_MAX_TIME_NS = (1 << 34) * 1_000_000_000
_CHECKSUM_BLANK = 8 * 0x20

_KINDS = {kind.value: kind for kind in Kind} | {b"\0": Kind.FILE, b"7": Kind.FILE, b"S": Kind.FILE}
_SKIPPED = frozenset((b"g", b"V", b"D", b"M", b"X", b"N"))


class ByteSource:
    """Chunks of bytes, handed out in the sizes that are asked for."""

    def __init__(self, chunks: Iterable[bytes], max_bytes: int | None = None) -> None:
        self._chunks = iter(chunks)
        self._max_bytes = max_bytes
        self._chunk = b""
        self._position = 0
        self.size = 0

    def take(self, size: int) -> bytes:
        """Return `size` bytes, fewer only at the end of the stream. For headers: it may copy."""
        start = self._position
        if len(self._chunk) - start >= size:
            self._position = start + size
            return self._chunk[start : start + size]
        return b"".join(self.pieces(size))

    def whole(self, size: int) -> memoryview | None:
        """Return `size` bytes without copying them if they lie in one chunk that is here already; else take nothing."""
        start = self._position
        if len(self._chunk) - start < size:
            return None
        self._position = start + size
        return memoryview(self._chunk)[start : start + size]

    def pieces(self, size: int) -> Iterator[memoryview]:
        """Yield `size` bytes without copying them, fewer in sum only at the end of the stream."""
        while size > 0:
            left = len(self._chunk) - self._position
            if left <= 0:
                if not self._refill():
                    return
                continue
            count = min(left, size)
            piece = memoryview(self._chunk)[self._position : self._position + count]
            self._position += count
            size -= count
            yield piece

    def skip(self, size: int) -> None:
        """Pass over `size` bytes. Raises InvalidLayer if the stream ends before."""
        if len(self._chunk) - self._position >= size:
            self._position += size
            return
        for piece in self.pieces(size):
            size -= len(piece)
        if size > 0:
            raise InvalidLayer("tar stream ends in the middle of a member: it was cut")

    def drain(self) -> None:
        """Read on to the end: what follows the archive's last block still belongs to the layer's digest."""
        while self._refill():
            pass

    def _refill(self) -> bool:
        chunk = next(self._chunks, b"")
        self._chunk, self._position = chunk, 0
        self.size += len(chunk)
        if self._max_bytes is not None and self.size > self._max_bytes:
            raise InvalidLayer(f"layer unpacks to more than the limit of {self._max_bytes} bytes")
        return bool(chunk)


class TarReader:
    """Iterate over the members; the data of each is had by data() before the next, or is skipped."""

    def __init__(self, source: ByteSource) -> None:
        self._source = source
        self._unread = 0
        self._padding = 0

    def __iter__(self) -> Iterator[Member]:
        while (member := self._next()) is not None:
            yield member

    def data(self) -> Iterator[memoryview]:
        """Return the stored bytes of the current member. Reading on raises InvalidLayer if the stream ends before."""
        whole = self._source.whole(self._unread)
        if whole is None:
            return self._pieces()
        self._unread = 0
        return iter((whole,))

    def _pieces(self) -> Iterator[memoryview]:
        for piece in self._source.pieces(self._unread):
            self._unread -= len(piece)
            yield piece
        if self._unread:
            raise InvalidLayer("tar stream ends in the middle of a file: it was cut")

    def _next(self) -> Member | None:
        """Return the next member, the extension headers before it applied; None at the end of the archive."""
        extensions, extended = pax.Extensions(), 0
        while True:
            self._source.skip(self._unread + self._padding)
            self._unread = self._padding = 0
            header = self._header()
            if header is None:
                if extensions:
                    raise InvalidLayer("tar stream ends after an extension header: it was cut")
                return None
            flag = header[156:157]
            size = number(header[124:136], "size")
            if flag in (b"x", b"L", b"K"):
                content = self._extension(size)
                extended += size
                if extended > _MAX_EXTENSIONS:
                    raise InvalidLayer(
                        f"tar member has extension headers of more than the limit of {_MAX_EXTENSIONS} bytes"
                    )
                extensions.read(flag, content)
            elif flag in _SKIPPED:
                self._expect(size)
            else:
                return self._member(header, size, extensions)

    def _header(self) -> bytes | None:
        header = self._source.take(BLOCK)
        if not header:
            return None
        if len(header) < BLOCK:
            raise InvalidLayer("tar stream ends in the middle of a header: it was cut")
        if header == _ZERO_BLOCK:
            second = self._source.take(BLOCK)
            if second.strip(b"\0"):
                raise InvalidLayer("tar stream has a zero block among its members: it is damaged")
            return None
        _verify_checksum(header)
        return header

    def _expect(self, size: int) -> None:
        self._unread = size
        self._padding = -size % BLOCK

    def _extension(self, size: int) -> bytes:
        if size > _MAX_EXTENSION:
            raise InvalidLayer(f"tar extension header of {size} bytes is over the limit of {_MAX_EXTENSION}")
        content = self._source.take(size)
        if len(content) < size:
            raise InvalidLayer("tar stream ends in the middle of an extension header: it was cut")
        self._source.skip(-size % BLOCK)
        return content

    def _member(self, header: bytes, size: int, extensions: pax.Extensions) -> Member:
        flag = header[156:157]
        if flag not in _KINDS:
            raise InvalidLayer(f"tar member of unknown type {flag!r}; this is not a layer")
        name = extensions.name if extensions.name is not None else _name(header)
        kind = _KINDS[flag]
        if kind is Kind.FILE and flag != b"S" and name.endswith(b"/"):
            # How tar of the seventies wrote a directory.
            kind = Kind.DIRECTORY
        if extensions.size is not None:
            size = extensions.size
        # Only a file has data, whatever the header of a link or a directory says (as Go reads it).
        self._expect(size if kind is Kind.FILE else 0)
        extents, real_size = self._extents(header, flag, extensions) if kind is Kind.FILE else (None, 0)
        return Member(
            name=extensions.sparse.name or name,
            kind=kind,
            mode=number(header[100:108], "mode") & 0o7777,
            uid=_own(extensions.uid, header[108:116], "uid"),
            gid=_own(extensions.gid, header[116:124], "gid"),
            size=real_size if extents is not None else self._unread,
            mtime_ns=_mtime(extensions.mtime_ns, header),
            link=extensions.link if extensions.link is not None else header[157:257].partition(b"\0")[0],
            device=_device(header) if kind in (Kind.CHARACTER_DEVICE, Kind.BLOCK_DEVICE) else (0, 0),
            xattrs=extensions.xattrs,
            stored_size=self._unread,
            extents=extents,
        )

    def _extents(
        self, header: bytes, flag: bytes, extensions: pax.Extensions
    ) -> tuple[tuple[tuple[int, int], ...] | None, int]:
        """Return the map of a sparse file and its real size; None for an ordinary file."""
        if flag == b"S":
            entries, real_size = sparse.read_old_gnu(header, self._source)
        elif extensions.sparse.is_1_0:
            entries, used = sparse.read_1_0(self._source, self._unread)
            self._unread -= used
            real_size = extensions.sparse.real_size
        elif extensions.sparse.entries is not None:
            entries, real_size = extensions.sparse.entries, extensions.sparse.real_size
        else:
            return None, 0
        return sparse.checked(entries, real_size, self._unread), real_size


def _own(extended: int | None, field: bytes, what: str) -> int:
    value = number(field, what) if extended is None else extended
    # (uid_t)-1 means "leave as it is" to chown, so it can be nobody's.
    if not 0 <= value < 0xFFFFFFFF:
        raise InvalidLayer(f"tar header has an impossible {what}: {value}")
    return value


def _mtime(extended: int | None, header: bytes) -> int:
    value = number(header[136:148], "mtime") * 1_000_000_000 if extended is None else extended
    # No file system holds more; the kernel would refuse what does not fit its own type.
    return max(-_MAX_TIME_NS, min(value, _MAX_TIME_NS))


def _device(header: bytes) -> tuple[int, int]:
    major, minor = number(header[329:337], "device major"), number(header[337:345], "device minor")
    if major >= 1 << 12 or minor >= 1 << 20:
        raise InvalidLayer(f"tar header has an impossible device number: {major}:{minor}")
    return major, minor


def _name(header: bytes) -> bytes:
    name = header[:100].partition(b"\0")[0]
    # GNU keeps times where ustar has the prefix; its magic differs in the bytes after "ustar".
    if header[257:263] == b"ustar\0":
        prefix = header[345:500].partition(b"\0")[0]
        if prefix:
            return prefix + b"/" + name
    return name


def _sum(content: bytes) -> int:
    """Return the sum of up to 256 bytes, by Adler-32 ten times as fast: its low half is that, modulo 65521, plus 1."""
    return (zlib.adler32(content) & 0xFFFF) - 1


def _verify_checksum(header: bytes) -> None:
    stated = number(header[148:156], "checksum")
    blank = _CHECKSUM_BLANK - sum(header[148:156])
    if stated - blank == _sum(header[:256]) + _sum(header[256:]):
        return
    # Some old tars summed signed characters.
    signed = sum(header) + blank - 256 * sum(byte >> 7 for byte in header[:148] + header[156:])
    if stated != signed:
        raise InvalidLayer("tar header has a wrong checksum: this is not a tar archive, or it is damaged")
