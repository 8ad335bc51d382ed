"""What is in the layers of an image, a line for each name, read out of the blobs as they come: nothing is kept.

A name is cleaned as `apply` cleans it, so a layer that could not be unpacked is refused here in the same words; what a
name means (a whiteout, or a file) is decided here, too. Names are text as Python has it (surrogateescape).
"""

from __future__ import annotations

import base64
import hashlib
import json
import posixpath
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from jupyter_containers.content.store import ContentStore
from jupyter_containers.errors import NotFound, Unsupported
from jupyter_containers.images.walk import Image
from jupyter_containers.layers.compression import decompress
from jupyter_containers.layers.member import Kind, Member, clean
from jupyter_containers.layers.tar_reader import ByteSource, TarReader
from jupyter_containers.layers.whiteouts import Mark, read
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.media_types import HOST_LAYER

# Of a blob so many bytes are read before it is told how far it is.
PROGRESS_BYTES = 4 * 1024 * 1024
# Of files whose content is wanted with the listing: what one may have, and all of them.
CONTENT_BYTES, CONTENTS_BYTES = 16 * 1024 * 1024, 64 * 1024 * 1024
HOST_SENTENCE = "this machine's own root, which is not listed: its files are those of this machine"
_DIGEST_BYTES = 16
_KINDS = {
    Kind.FILE: "file", Kind.DIRECTORY: "folder", Kind.SYMLINK: "link", Kind.HARD_LINK: "same", Kind.FIFO: "fifo",
    Kind.CHARACTER_DEVICE: "character", Kind.BLOCK_DEVICE: "block",
}  # fmt: skip

Line = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a line about a file has besides: a digest; of `contents` (ending in /: of all inside) the content, too."""

    digests: bool = False
    contents: Collection[str] = ()

    def has_content(self, path: str) -> bool:
        return path in self.contents or f"{posixpath.dirname(path)}/" in self.contents


class _Counted:
    """A blob that tells how many bytes of it have been read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.count = 0

    def read(self, size: int, /) -> bytes:
        piece = self._file.read(size)
        self.count += len(piece)
        return piece


def lines(image: Image, content: ContentStore, wanted: Wanted) -> Iterator[Line]:
    """Yield what all layers have, the lowest first: a line for the image, for each layer, then for each name in it.

    {"Layers": n, "Bytes": of all blobs, "Config": the image's}
    {"Layer": number, "Digest": the blob's, "Bytes"}, and "Unlisted" with a sentence for the host's own root
    {"Path", "Kind", "Size", "Mode", "User", "Group", "Target"} and, if wanted, "Digest" and "Content" (base64)
    {"Removed": path}, {"Opaque": folder}
    {"Read": bytes of blobs until now}

    None is kept, so memory does not grow with the image. Raises InvalidLayer, BlobNotFound when it comes to them.
    """
    layers = image.manifest.layers
    config = json.loads(content.read(image.config_digest))
    yield {"Layers": len(layers), "Bytes": sum(layer.size for layer in layers), "Config": config}
    before, room = 0, [CONTENTS_BYTES]
    for number, layer in enumerate(layers):
        line: Line = {"Layer": number, "Digest": str(layer.digest), "Bytes": layer.size}
        if layer.media_type == HOST_LAYER:
            yield line | {"Unlisted": HOST_SENTENCE}
        else:
            yield line
            yield from _layer_lines(content, layer, wanted, before, room)
        before += layer.size
        yield {"Read": before}


def _layer_lines(
    content: ContentStore, layer: Descriptor, wanted: Wanted, before: int, room: list[int]
) -> Iterator[Line]:
    with content.open(layer.digest) as file:
        counted, told = _Counted(file), 0
        reader = TarReader(ByteSource(decompress(counted)))
        for member in reader:
            mark, path = read(clean(member.name))
            if mark is Mark.DELETED:
                yield {"Removed": _text(path)}
            elif mark is Mark.OPAQUE:
                yield {"Opaque": _text(path)}
            elif mark is Mark.NONE and path:
                line = _line(member, _text(path))
                for _ in _content(reader, member, line, wanted, room):
                    yield {"Read": before + counted.count}
                yield line
            if counted.count - told >= PROGRESS_BYTES:
                told = counted.count
                yield {"Read": before + told}


def _line(member: Member, path: str) -> Line:
    target = clean(member.link, what="link target") if member.kind is Kind.HARD_LINK else member.link
    return {
        "Path": path, "Kind": _KINDS[member.kind], "Size": member.size, "Mode": member.mode & 0o7777,
        "User": member.uid, "Group": member.gid, "Target": _text(target),
    }  # fmt: skip


def _content(reader: TarReader, member: Member, line: Line, wanted: Wanted, room: list[int]) -> Iterator[None]:
    """Put into a line what its file's content tells; yield now and then, for it may be long."""
    if member.kind is not Kind.FILE:
        return
    keeps = wanted.has_content(line["Path"]) and member.stored_size <= min(CONTENT_BYTES, room[0])
    keeps = keeps and member.extents is None
    hasher, kept, passed = hashlib.blake2b(digest_size=_DIGEST_BYTES), [], 0
    if member.extents is not None:
        # What has holes is told apart by where they are, too.
        hasher.update(repr((member.size, member.extents)).encode())
    for piece in reader.data():
        passed += len(piece)
        if wanted.digests:
            hasher.update(piece)
        if keeps:
            kept.append(bytes(piece))
        if passed >= PROGRESS_BYTES:
            passed = 0
            yield
    if wanted.digests:
        line["Digest"] = hasher.hexdigest()
    if keeps:
        room[0] -= member.stored_size
        line["Content"] = base64.b64encode(b"".join(kept)).decode()


def file_pieces(image: Image, content: ContentStore, number: int, path: str) -> Iterator[bytes]:
    """Yield a file of one layer (0 is the lowest), piece by piece; links are not followed.

    Of several with one name it is the last, which is what unpacking leaves: the layer is read to its end before.
    Raises NotFound for what is no file there, Unsupported for the host's own root.
    """
    layers = image.manifest.layers
    if not 0 <= number < len(layers):
        raise NotFound(f"no layer {number}: the image has {len(layers)}, counted from 0")
    if layers[number].media_type == HOST_LAYER:
        raise Unsupported(f"layer {number} is {HOST_SENTENCE}; read them there")
    wanted = clean(path.encode("utf-8", "surrogateescape"))
    last = None
    for place, _, member in _members(content, layers[number]):
        if clean(member.name) == wanted:
            last = place if member.kind is Kind.FILE else None
    if last is None:
        raise NotFound(f"no file {path!r} in layer {number}")
    for place, reader, member in _members(content, layers[number]):
        if place == last:
            yield from _plain(reader, member)
            return


def _members(content: ContentStore, layer: Descriptor) -> Iterator[tuple[int, TarReader, Member]]:
    with content.open(layer.digest) as file:
        reader = TarReader(ByteSource(decompress(file)))
        yield from ((place, reader, member) for place, member in enumerate(reader))


def _plain(reader: TarReader, member: Member) -> Iterator[bytes]:
    """Yield a file's bytes, its holes as zeros, in pieces."""
    if member.extents is None:
        yield from map(bytes, reader.data())
        return
    place, pieces, rest = 0, reader.data(), b""
    for offset, length in member.extents:
        yield from _zeros(offset - place)
        place = offset + length
        while length:
            rest = rest or bytes(next(pieces))
            yield rest[:length]
            length, rest = max(length - len(rest), 0), rest[length:]
    yield from _zeros(member.size - place)


def _zeros(count: int) -> Iterator[bytes]:
    while count > 0:
        piece = bytes(min(count, PROGRESS_BYTES))
        count -= len(piece)
        yield piece


def _text(path: bytes) -> str:
    return path.decode("utf-8", "surrogateescape")
