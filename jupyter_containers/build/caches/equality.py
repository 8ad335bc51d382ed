"""Whether two layers put the same files there: all counts but times."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import BinaryIO

from jupyter_containers.content.store import ContentStore
from jupyter_containers.layers.compression import decompress
from jupyter_containers.layers.member import Member, clean
from jupyter_containers.layers.tar_reader import ByteSource, TarReader
from jupyter_containers.oci.digest import Digest


def same_files(content: ContentStore, one: Digest, other: Digest, check: Callable[[], None] = lambda: None) -> bool:
    """Compare the layers by what their members are, in whatever order. Blocking; `check` may stop it by an exception.

    Raises BlobNotFound, InvalidLayer.
    """
    with content.open(one) as first, content.open(other) as second:
        return dict(_described(first, check)) == dict(_described(second, check))


def _described(blob: BinaryIO, check: Callable[[], None]) -> Iterator[tuple[bytes, object]]:
    reader = TarReader(ByteSource(decompress(blob)))
    for member in reader:
        check()
        hasher = hashlib.sha256()
        for piece in reader.data():
            hasher.update(piece)
        yield clean(member.name), (_kind(member), hasher.digest())


def _kind(member: Member) -> tuple[object, ...]:
    return (
        member.kind, member.mode & 0o7777, member.uid, member.gid, member.size, member.link, member.device,
        dict(member.xattrs), member.extents,
    )  # fmt: skip
