"""Apply a layer: a stream of strangers' making becomes files in a directory, and nothing outside it changes."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from jupyter_containers.layers.compression import Readable, decompress
from jupyter_containers.layers.inherited import Inherited
from jupyter_containers.layers.member import InvalidLayer, LayerNotApplied, Member
from jupyter_containers.layers.ownership import EXACT, Ownership
from jupyter_containers.layers.placing import Placer
from jupyter_containers.layers.read_ahead import read_ahead
from jupyter_containers.layers.tar_reader import ByteSource, TarReader
from jupyter_containers.layers.whiteouts import OPAQUE_XATTR, Whiteouts
from jupyter_containers.oci.digest import Digest

# What is the device's or the system's fault, not the layer's.
_OUR_TROUBLE = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EMFILE, errno.ENFILE, errno.ENOMEM))
_SPACE_CHECK_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one layer may unpack to. `free_bytes` is what must stay free on the device."""

    max_bytes: int = 1 << 40
    max_entries: int = 4_000_000
    free_bytes: int = 64 << 20


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Applied:
    """What came of it. `diff_id` is the digest of the uncompressed stream, `size_bytes` the sum of the files' data.

    `opaque_root`: the layer hides everything below it, which overlayfs cannot be told on disk. `skipped`: device nodes
    that could or should not be made.
    """

    diff_id: Digest
    size_bytes: int
    entries: int
    opaque_root: bool
    skipped: int


def apply(
    stream: Readable,
    target: Path | int,
    *,
    limits: Limits = DEFAULT_LIMITS,
    ownership: Ownership = EXACT,
    whiteouts: Whiteouts = Whiteouts.OVERLAY,
    lowers: Sequence[Path] | None = None,
    opaque_xattr: bytes = OPAQUE_XATTR,
    on_progress: Callable[[int], None] | None = None,
) -> Applied:
    """Unpack a layer, compressed or not, into the directory `target` (a path, or a descriptor that stays open).

    With Whiteouts.OVERLAY the directory must hold nothing but this layer; `lowers` are those of the layers below, the
    nearest first (None: not known; then whiteouts are written for all that the layer deletes). `on_progress` gets the
    number of bytes read from `stream` now and then; what it raises ends the work. The caller compares `diff_id`, and
    throws the directory away after any failure.

    Raises InvalidLayer for a bad layer, LayerNotApplied when the device is full or fails.
    Source: OCI image-spec, layer.md.
    """
    with _directory(target) as root_fd:
        placer = Placer(
            root_fd,
            whiteouts=whiteouts,
            ownership=ownership,
            inherited=Inherited(lowers),
            opaque_xattr=opaque_xattr,
        )
        return unpack(stream, placer, root_fd, limits=limits, on_progress=on_progress)


def unpack(
    stream: Readable,
    placer: Placer,
    root_fd: int,
    *,
    limits: Limits = DEFAULT_LIMITS,
    on_progress: Callable[[int], None] | None = None,
) -> Applied:
    """Let `placer` place all members of `stream`; the common half of apply() and of archive.extract()."""
    counted = _Counted(stream)
    hasher = hashlib.sha256()
    entries = size = 0
    with placer, read_ahead(_hashed(decompress(counted), hasher.update)) as chunks:
        source = ByteSource(_watched(chunks, root_fd, limits, counted, on_progress), limits.max_bytes)
        reader = TarReader(source)
        for member in reader:
            entries += 1
            if entries > limits.max_entries:
                raise InvalidLayer(f"layer has more than the limit of {limits.max_entries} entries")
            size += member.stored_size
            try:
                placer.place(member, reader.data())
            except OSError as error:
                raise _blamed_on(member, error) from error
        placer.finish()
        source.drain()
    return Applied(Digest("sha256", hasher.hexdigest()), size, entries, placer.opaque_root, placer.skipped)


class _Counted:
    """A stream that counts what is read from it."""

    def __init__(self, stream: Readable) -> None:
        self._stream = stream
        self.count = 0

    def read(self, size: int, /) -> bytes:
        piece = self._stream.read(size)
        self.count += len(piece)
        return piece


def _hashed(chunks: Iterable[bytes], update: Callable[[bytes], None]) -> Iterator[bytes]:
    for chunk in chunks:
        update(chunk)
        yield chunk


def _watched(
    chunks: Iterable[bytes],
    root_fd: int,
    limits: Limits,
    counted: _Counted,
    on_progress: Callable[[int], None] | None,
) -> Iterator[bytes]:
    """Pass chunks on; between them report progress, and see to it that the device does not fill up."""
    unchecked = _SPACE_CHECK_BYTES
    for chunk in chunks:
        unchecked += len(chunk)
        if unchecked >= _SPACE_CHECK_BYTES:
            unchecked = 0
            space = os.fstatvfs(root_fd)
            if space.f_bavail * space.f_frsize < limits.free_bytes:
                free = limits.free_bytes >> 20
                raise LayerNotApplied(
                    f"no space left on device: less than {free} MiB would stay free", errno=errno.ENOSPC
                )
        yield chunk
        if on_progress is not None:
            on_progress(counted.count)


def _blamed_on(member: Member, error: OSError) -> InvalidLayer | LayerNotApplied:
    """Return the kernel's refusal as an error that names the member."""
    text = f"cannot unpack {member.text[:200]!r} ({member.kind.name.lower().replace('_', ' ')}): {error.strerror}"
    kind = LayerNotApplied if error.errno in _OUR_TROUBLE else InvalidLayer
    return kind(text, errno=error.errno)


@contextmanager
def _directory(target: Path | int) -> Iterator[int]:
    if isinstance(target, int):
        yield target
        return
    fd = os.open(target, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield fd
    finally:
        os.close(fd)
