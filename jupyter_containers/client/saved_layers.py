"""An image's layers, read file by file out of what `docker save` sends, while it is sent: nothing is unpacked.

    tar of an image: blobs or */layer.tar (each a tar, maybe compressed) · configuration · manifest.json, anywhere in it

Works with any daemon. What is kept is a line for each file, not its content; of a few small files that tell which
packages are installed the content, too. All of it is hostile: names are text, sizes are counted, nothing is trusted.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import posixpath
import re
import tarfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, Any, NamedTuple, cast

import zstandard

from jupyter_containers.client.values import Json
from jupyter_containers.errors import ContainersError, InvalidParameter, NotFound

_PIECE_BYTES = 1024 * 1024
# Configurations and manifests are smaller; what is larger is none.
_JSON_BYTES = 8 * 1024 * 1024
# What is kept of an image, at most: lines, and bytes of the files that tell of packages.
MOST_FILES = 1_000_000
_KEPT_FILE_BYTES, _KEPT_BYTES = 16 * 1024 * 1024, 64 * 1024 * 1024
_KEPT = re.compile(r"var/lib/dpkg/status(?:\.d/[^/]+)?|(?:usr/)?lib/apk/db/installed")
_WHITEOUT, _OPAQUE = ".wh.", ".wh..wh..opq"
_KINDS = {tarfile.SYMTYPE: "link", tarfile.DIRTYPE: "folder", tarfile.LNKTYPE: "same"}


class Entry(NamedTuple):
    """A line about a file. `kind`: file, folder, link, same (a hard link to `target`), other; sizes in bytes."""

    kind: str
    size: int
    mode: int
    user: int
    group: int
    target: str
    digest: bytes


@dataclass
class SavedLayer:
    """What a layer brings and takes away. Paths have no leading slash; `opaque` folders hide all that was in them."""

    name: str
    entries: dict[str, Entry] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)
    opaque: list[str] = field(default_factory=list)
    kept: dict[str, bytes] = field(default_factory=dict)
    instruction: str = ""
    created: str = ""
    # A sentence that says why what is in it is not told; "" if it is.
    unlisted: str = ""

    @property
    def size(self) -> int:
        """The bytes of its files."""
        return sum(entry.size for entry in self.entries.values())


@dataclass
class SavedImage:
    """An image: its configuration, and its layers from the lowest to the highest."""

    config: Json
    layers: list[SavedLayer]
    # Whether its daemon lists layers, and gives files of them; otherwise it was saved.
    is_listed: bool = False


def read_image(chunks: Iterable[bytes]) -> SavedImage:
    """Read what save sends. Raises ContainersError for what is no image, InvalidParameter for one of too many files."""
    layers: dict[str, SavedLayer] = {}
    texts: dict[str, Any] = {}
    links: dict[str, str] = {}
    room = [MOST_FILES, _KEPT_BYTES]
    with _readable(), _opened(_Chunks(chunks)) as tar:
        for member in _members(tar):
            if member.issym():
                links[member.name] = posixpath.normpath(posixpath.join(posixpath.dirname(member.name), member.linkname))
            content = tar.extractfile(member) if member.isreg() else None
            if content is None:
                continue
            head = content.read(512)
            if head[:1] in (b"{", b"[") and member.size <= _JSON_BYTES:
                texts[member.name] = _json(head + content.read())
            elif (inner := _layer(head, content)) is not None:
                layers[member.name] = _read_layer(member.name, inner, room)
    return _image(texts, layers, links)


def read_file(chunks: Iterable[bytes], layer: str, path: str, limit: int) -> bytes:
    """Read a file, at most `limit` bytes of it, out of one layer, and no further. Raises NotFound."""
    with _readable(), _opened(_Chunks(chunks)) as tar:
        for member in _members(tar):
            content = tar.extractfile(member) if member.isreg() and member.name == layer else None
            if content is None:
                continue
            inner = _layer(content.read(512), content)
            if inner is None:
                break
            with _opened(inner) as files:
                for file in _members(files):
                    if clean(file.name) == path and file.isreg():
                        found = files.extractfile(file)
                        return found.read(limit) if found is not None else b""
            break
    raise NotFound(f"no file {path} in the layer")


class _Chunks(io.RawIOBase):
    """Pieces that come one after the other, as a file."""

    def __init__(self, chunks: Iterable[bytes], head: bytes = b"") -> None:
        self._chunks: Iterator[bytes] = iter(chunks)
        self._rest = memoryview(head)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            piece = next(self._chunks, None)
            if piece is None:
                return 0
            self._rest = memoryview(piece)
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count


def _opened(source: Any) -> tarfile.TarFile:
    return tarfile.open(fileobj=io.BufferedReader(source, _PIECE_BYTES), mode="r|", bufsize=_PIECE_BYTES)


@contextmanager
def _readable() -> Iterator[None]:
    """Raise ContainersError for what is cut or damaged."""
    try:
        yield
    except (tarfile.TarError, EOFError, OSError, ValueError, zlib.error, zstandard.ZstdError) as error:
        raise ContainersError(f"the image that the daemon sent cannot be read: {error}") from error


def _members(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """Yield the members, keeping none: tarfile would keep them all."""
    while (member := tar.next()) is not None:
        cast(Any, tar).members = []
        yield member


def _layer(head: bytes, content: IO[bytes]) -> Any:
    """Return the tar of a layer as a file to be read once; None for what is no layer."""
    whole = _Chunks(iter(lambda: content.read(_PIECE_BYTES), b""), head)
    if head[:2] == b"\x1f\x8b":
        return _Chunks(_pieces(gzip.GzipFile(fileobj=cast(Any, io.BufferedReader(whole)))))
    if head[:4] == b"\x28\xb5\x2f\xfd":
        return _Chunks(_pieces(zstandard.ZstdDecompressor().stream_reader(cast(Any, whole), read_across_frames=True)))
    is_tar = head[257:262] == b"ustar" or (len(head) == 512 and not head.strip(b"\0"))
    return whole if is_tar else None


def _pieces(file: Any) -> Iterator[bytes]:
    while piece := file.read(_PIECE_BYTES):
        yield piece


def _read_layer(name: str, source: Any, room: list[int]) -> SavedLayer:
    layer = SavedLayer(name)
    with _opened(source) as tar:
        for member in _members(tar):
            path = clean(member.name)
            folder, _, last = path.rpartition("/")
            room[0] -= bool(path)
            if room[0] < 0:
                raise InvalidParameter(too_many())
            if last == _OPAQUE:
                layer.opaque.append(folder)
            elif last.startswith(_WHITEOUT):
                layer.removed.append(posixpath.join(folder, last.removeprefix(_WHITEOUT)))
            elif path:
                layer.entries[path] = _entry(tar, member, path, layer, room)
    return layer


def too_many() -> str:
    """Return what is said of an image with more files than are kept."""
    return f"the image has more than {MOST_FILES} files; that is too many to list"


def _entry(tar: tarfile.TarFile, member: tarfile.TarInfo, path: str, layer: SavedLayer, room: list[int]) -> Entry:
    kind = "file" if member.isreg() else _KINDS.get(member.type, "other")
    digest = b""
    if kind == "file" and (content := tar.extractfile(member)) is not None:
        keeps = bool(_KEPT.fullmatch(path)) and member.size <= min(_KEPT_FILE_BYTES, room[1])
        hasher, kept = hashlib.blake2b(digest_size=16), []
        while piece := content.read(_PIECE_BYTES):
            hasher.update(piece)
            if keeps:
                kept.append(piece)
        digest = hasher.digest()
        if keeps:
            layer.kept[path] = b"".join(kept)
            room[1] -= member.size
    target = clean(member.linkname) if kind == "same" else member.linkname
    size = member.size if kind == "file" else 0
    return Entry(kind, size, member.mode & 0o7777, member.uid, member.gid, target, digest)


def clean(name: str) -> str:
    """Return a path without a beginning and with nothing in it that goes up."""
    return "/".join(part for part in name.split("/") if part not in ("", ".", ".."))


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _image(texts: Mapping[str, Any], layers: Mapping[str, SavedLayer], links: Mapping[str, str]) -> SavedImage:
    """Put layers and configuration together as the manifest says."""
    manifest: Any = texts.get("manifest.json")
    try:
        first = manifest[0]
        config, names = texts[first["Config"]], [links.get(name, name) for name in first["Layers"]]
        found = [layers[name] for name in names]
    except (TypeError, KeyError, IndexError) as error:
        raise ContainersError(f"the daemon sent an image without its manifest or a layer: {error}") from error
    return instructed(SavedImage(config, found))


def instructed(image: SavedImage) -> SavedImage:
    """Give each layer the instruction that made it, as the configuration tells; return the image."""
    steps = [step for step in image.config.get("history") or () if not step.get("empty_layer")]
    for layer, step in zip(reversed(image.layers), reversed(steps), strict=False):
        layer.instruction = _instruction(str(step.get("created_by") or step.get("comment") or ""))
        layer.created = str(step.get("created", ""))
    return image


def _instruction(text: str) -> str:
    """Return the words of a Dockerfile instead of what builders make of them."""
    text = re.sub(r"^/bin/sh -c #\(nop\)\s+", "", text).removesuffix(" # buildkit")
    return re.sub(r"^(?:RUN )?/bin/sh -c ", "RUN ", text)
