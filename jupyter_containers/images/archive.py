"""Images in files: `docker load` (Docker's archive or an OCI layout in a tar) and `docker import` (a root file system).

The stream is read once, and nothing of it becomes a file name: each regular member goes into the content store as it
passes, and is known by its name only in a table in memory. What no image needs is deleted at the end.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from jupyter_containers.content.store import ContentStore
from jupyter_containers.errors import InvalidParameter, NotFound
from jupyter_containers.images import walk
from jupyter_containers.images.assemble import assemble, assemble_around
from jupyter_containers.images.walk import Image
from jupyter_containers.layers.compression import Readable, decompress, detect
from jupyter_containers.layers.member import Kind, Member, clean
from jupyter_containers.layers.tar_reader import ByteSource, TarReader
from jupyter_containers.oci import media_types
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.digest import Digest
from jupyter_containers.oci.image_config import History, ImageConfig, ProcessDefaults
from jupyter_containers.oci.manifest import Index, parse_manifest
from jupyter_containers.oci.platform import Platform, host_platform, suitability
from jupyter_containers.oci.reference import Reference

_MAX_MEMBERS = 100_000
_MAX_LINKS = 16
_DOCKER_MANIFEST = b"manifest.json"
_OCI_INDEX = b"index.json"
_MAX_JSON = 4 << 20
# How an OCI layout names an image; containerd's word comes first because it holds the whole name.
_NAME_ANNOTATIONS = ("io.containerd.image.name", "org.opencontainers.image.ref.name")


@dataclass(frozen=True, slots=True)
class _Archive:
    """What was in the file: blobs by member name, links by member name, and the digests that are new in the store."""

    blobs: dict[bytes, Digest] = field(default_factory=dict)
    links: dict[bytes, bytes] = field(default_factory=dict)
    new: set[Digest] = field(default_factory=set)

    def find(self, name: bytes) -> Digest:
        """Return the blob under a member's name, through links: older Dockers link layers that are the same."""
        for _ in range(_MAX_LINKS):
            digest = self.blobs.get(name)
            if digest is not None:
                return digest
            if name not in self.links:
                break
            name = self.links[name]
        raise InvalidParameter(f"invalid archive: it has no file {name.decode('utf-8', 'backslashreplace')}")


def load(
    stream: Readable,
    content: ContentStore,
    platform: Platform | None = None,
    indexes: dict[Reference, Descriptor] | None = None,
) -> list[tuple[tuple[Reference, ...], Image]]:
    """Read the images of `docker save` or of an OCI layout in a tar, compressed or not; return them with their names.

    `indexes` is filled with those of names that mean images for several platforms. All their blobs are in the content
    store then, not unpacked. Raises InvalidParameter for what is neither, and deletes what it had brought in.
    """
    archive = _Archive()
    try:
        _take_in(stream, content, archive)
        # Docker writes both tables since version 25; its own names the images more exactly.
        if _DOCKER_MANIFEST in archive.blobs:
            loaded = _docker_images(content, archive)
        elif _OCI_INDEX in archive.blobs:
            loaded = _oci_images(content, archive, platform)
        else:
            raise InvalidParameter("invalid archive: neither manifest.json nor index.json is in it")
        loaded, others = _with_indexes(content, archive, loaded, {} if indexes is None or platform else indexes)
    except BaseException:
        _delete(content, archive.new)
        raise
    _delete(content, archive.new - _used(image for _, image in loaded) - others)
    return loaded


def take_layout(stream: Readable, content: ContentStore) -> tuple[tuple[Descriptor, ...], frozenset[Digest]]:
    """Read an OCI layout in a tar, whatever its manifests are of; return them, and all blobs that are in the store now.

    Raises InvalidParameter for what is none, and deletes what it had brought in.
    """
    archive = _Archive()
    try:
        _take_in(stream, content, archive)
        index = parse_manifest(content.read(archive.find(_OCI_INDEX)), media_types.OCI_INDEX)
        if not isinstance(index, Index):
            raise InvalidParameter("invalid archive: index.json is not an index")
    except BaseException:
        _delete(content, archive.new)
        raise
    return index.manifests, frozenset(archive.blobs.values())


def import_tar(
    stream: Readable,
    content: ContentStore,
    *,
    process: ProcessDefaults | None = None,
    message: str = "",
    platform: Platform | None = None,
) -> Image:
    """Make an image of one layer from a tar of a root file system, compressed or not (`docker import`).

    The layer is kept uncompressed, and looked at only when it is unpacked.
    """
    with content.ingest(f"import:{id(stream)}") as ingest:
        ingest.restart()
        for chunk in decompress(stream):
            ingest.write(chunk)
        size = ingest.offset
        if not size:
            raise InvalidParameter("invalid archive: it is empty")
        digest = ingest.commit(sync=False)
    created = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    config = ImageConfig(
        platform=platform or host_platform(),
        diff_ids=(digest,),
        process=process or ProcessDefaults(),
        history=(History(created=created, comment=message or "Imported from -"),),
        created=created,
    )
    return assemble(content, config, (Descriptor(media_types.OCI_LAYER, digest, size),))


def _take_in(stream: Readable, content: ContentStore, archive: _Archive) -> None:
    reader = TarReader(ByteSource(decompress(stream)))
    for number, member in enumerate(reader):
        if number >= _MAX_MEMBERS:
            raise InvalidParameter(f"invalid archive: more than {_MAX_MEMBERS} members")
        name = clean(member.name)
        if member.kind is Kind.FILE and member.extents is None:
            digest, is_new = _ingest(content, reader.data(), member, number)
            archive.blobs[name] = digest
            if is_new:
                archive.new.add(digest)
        elif member.kind is Kind.SYMLINK:
            archive.links[name] = clean(name.rpartition(b"/")[0] + b"/" + member.link)
        elif member.kind is Kind.HARD_LINK:
            archive.links[name] = clean(member.link)


def _ingest(content: ContentStore, pieces: Iterator[memoryview], member: Member, number: int) -> tuple[Digest, bool]:
    """Keep one member as a blob; say whether the store did not have it before (only then may a failure delete it)."""
    with content.ingest(f"load:{number}:{member.text}") as ingest:
        ingest.restart()
        for piece in pieces:
            ingest.write(piece)
        is_new = not content.contains(ingest.digest)
        # A new one is not flushed: who loads it has the file still, and a flush waits for all that the disk has to do
        # besides. What takes the place of another is: that may have been, for somebody who has no such file.
        digest = ingest.commit(member.stored_size, sync=not is_new)
    return digest, is_new


def _delete(content: ContentStore, digests: Iterable[Digest]) -> None:
    for digest in digests:
        try:
            content.delete(digest)
        except NotFound:
            continue


def _used(images: Iterable[Image]) -> set[Digest]:
    used: set[Digest] = set()
    for image in images:
        used |= image.blobs
    return used


# Docker's archive: manifest.json names config and layers by member name.


def _docker_images(content: ContentStore, archive: _Archive) -> list[tuple[tuple[Reference, ...], Image]]:
    entries = _json(content, archive.find(_DOCKER_MANIFEST))
    if not isinstance(entries, list):
        raise InvalidParameter("invalid archive: manifest.json is not a list")
    return [_docker_image(content, archive, entry) for entry in entries]


def _docker_image(content: ContentStore, archive: _Archive, entry: object) -> tuple[tuple[Reference, ...], Image]:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("Config"), str):
        raise InvalidParameter(f"invalid archive: manifest.json has an entry without a Config: {entry!r:.200}")
    config_digest = archive.find(_member_name(entry["Config"]))
    config = ImageConfig.parse(content.read(config_digest))
    layers = tuple(_layer(content, archive.find(_member_name(layer))) for layer in entry.get("Layers") or ())
    names = tuple(Reference.parse(str(name)).with_default_tag() for name in entry.get("RepoTags") or ())
    return names, assemble_around(content, config, config_digest, layers)


def _layer(content: ContentStore, digest: Digest) -> Descriptor:
    """Describe a layer by what it is. bzip2 and xz are no compressions of layers, so these are kept unpacked."""
    with content.open(digest) as blob:
        kind = detect(blob.read(6))
        if kind in ("bzip2", "xz"):
            blob.seek(0)
            digest = _unpacked(content, decompress(blob), digest)
    media_type = {
        "gzip": media_types.OCI_LAYER_GZIP, "zstd": media_types.OCI_LAYER_ZSTD,
    }.get(kind, media_types.OCI_LAYER)  # fmt: skip
    return Descriptor(media_type, digest, content.size(digest))


def _unpacked(content: ContentStore, chunks: Iterable[bytes], origin: Digest) -> Digest:
    with content.ingest(f"unpacked:{origin}") as ingest:
        ingest.restart()
        for chunk in chunks:
            ingest.write(chunk)
        return ingest.commit()


def _member_name(text: object) -> bytes:
    return clean(str(text).encode("utf-8", "surrogateescape"))


# OCI layout: index.json names manifests by digest.


def _oci_images(
    content: ContentStore, archive: _Archive, platform: Platform | None
) -> list[tuple[tuple[Reference, ...], Image]]:
    index = parse_manifest(content.read(archive.find(_OCI_INDEX)), media_types.OCI_INDEX)
    if not isinstance(index, Index):
        raise InvalidParameter("invalid archive: index.json is not an index")
    found: dict[Digest, tuple[tuple[Reference, ...], Image]] = {}
    wanted = platform or host_platform()
    for descriptor in index.manifests:
        if descriptor.platform is not None and suitability(descriptor.platform, wanted) is None:
            continue  # another platform of the same image, or an attestation
        image = walk.load(content, descriptor, platform)
        if image.is_host:
            # Its media type means "the root of this machine": a file from outside would open the host to its image.
            raise InvalidParameter(f"invalid archive: {descriptor.digest} is an image of a host's own root")
        for layer in image.manifest.layers:
            content.path(layer.digest)  # raises BlobNotFound for a layout that is not whole
        names, _ = found.get(image.config_digest, ((), image))
        found[image.config_digest] = (tuple(dict.fromkeys((*names, *_names(descriptor)))), image)
    if not found:
        raise NotFound(f"the archive has no image for {wanted}")
    return list(found.values())


def _with_indexes(
    content: ContentStore,
    archive: _Archive,
    loaded: list[tuple[tuple[Reference, ...], Image]],
    indexes: dict[Reference, Descriptor],
) -> tuple[list[tuple[tuple[Reference, ...], Image]], set[Digest]]:
    """Find the names that index.json gives to indexes of the loaded images.

    Return the images with the manifests that stand in these, and the blobs that belong to them.
    """
    if _OCI_INDEX not in archive.blobs:
        return loaded, set()
    table = parse_manifest(content.read(archive.find(_OCI_INDEX)), media_types.OCI_INDEX)
    blobs = set[Digest]()
    for entry in table.manifests if isinstance(table, Index) else ():
        names = set(_names(entry)) if entry.media_type in media_types.INDEXES else set[Reference]()
        if not names or not content.contains(entry.digest):
            continue
        found = walk.load_index(content, replace(entry, annotations={}))
        parts = {part.manifest.config.digest: part for part in found.parts}
        for number, (own, image) in enumerate(loaded):
            if names & set(own) and (part := parts.get(image.config_digest)) is not None:
                loaded[number] = (own, walk.load(content, part.entry, image.config.platform))
                indexes.update(dict.fromkeys(names & set(own), found.descriptor))
                blobs |= found.blobs
    return loaded, blobs


def _names(descriptor: Descriptor) -> Iterator[Reference]:
    for annotation in _NAME_ANNOTATIONS:
        text = descriptor.annotations.get(annotation)
        # A bare tag ("latest") is what the specification allows and nobody can use as a name.
        if text and (annotation == _NAME_ANNOTATIONS[0] or ":" in text or "/" in text):
            yield Reference.parse(text).with_default_tag()
            return


def _json(content: ContentStore, digest: Digest) -> Any:
    try:
        return json.loads(content.read(digest, _MAX_JSON))
    except (ValueError, RecursionError) as error:
        raise InvalidParameter(f"invalid archive: not JSON: {error}") from error
