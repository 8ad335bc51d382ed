"""Images in files: `docker load` (Docker's archive or an OCI layout in a tar) and `docker import` (a root file system).

The stream is read once, and nothing of it becomes a file name: each regular member goes into the content store as it
passes, and is known by its name only in a table in memory. What no image needs stays for the garbage collector: another
load or a pull may have found it here meanwhile, and rely on it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from jupyter_containers.content.store import ContentStore
from jupyter_containers.errors import ContainersError, InvalidParameter, NotFound
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
from jupyter_containers.oci.reference import InvalidReference, Reference

_MAX_MEMBERS = 100_000
# All names together: they stay in memory, and a tar that is full of them may be small when it is compressed.
_MAX_NAME_BYTES = 64 << 20
_MAX_LINKS = 16
_DOCKER_MANIFEST = b"manifest.json"
_OCI_INDEX = b"index.json"
_MAX_JSON = 4 << 20
# How an OCI layout names an image; containerd's word comes first because it holds the whole name.
_NAME_ANNOTATIONS = ("io.containerd.image.name", "org.opencontainers.image.ref.name")


@dataclass(frozen=True, slots=True)
class _Archive:
    """What was in the file: blobs by member name, and links by member name."""

    blobs: dict[bytes, Digest] = field(default_factory=dict)
    links: dict[bytes, bytes] = field(default_factory=dict)

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
    store then, not unpacked. Raises InvalidParameter for what is neither.
    """
    archive = _taken_in(stream, content)
    # Docker writes both tables since version 25. Its own names the images more exactly, but of one platform each.
    if _DOCKER_MANIFEST in archive.blobs and not (platform and _OCI_INDEX in archive.blobs):
        loaded = _docker_images(content, archive, platform)
    elif _OCI_INDEX in archive.blobs:
        loaded = _oci_images(content, archive, platform)
    else:
        raise InvalidParameter("invalid archive: neither manifest.json nor index.json is in it")
    if platform is None:
        _find_indexes(content, archive, loaded, {} if indexes is None else indexes)
    return loaded


def take_layout(stream: Readable, content: ContentStore) -> tuple[tuple[Descriptor, ...], frozenset[Digest]]:
    """Read an OCI layout in a tar, whatever its manifests are of; return them, and all blobs that are in the store now.

    Raises InvalidParameter for what is none.
    """
    archive = _taken_in(stream, content)
    index = parse_manifest(content.read(archive.find(_OCI_INDEX)), media_types.OCI_INDEX)
    if not isinstance(index, Index):
        raise InvalidParameter("invalid archive: index.json is not an index")
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


def _taken_in(stream: Readable, content: ContentStore) -> _Archive:
    archive, name_bytes = _Archive(), 0
    reader = TarReader(ByteSource(decompress(stream)))
    for number, member in enumerate(reader):
        if number >= _MAX_MEMBERS:
            raise InvalidParameter(f"invalid archive: more than {_MAX_MEMBERS} members")
        name_bytes += len(member.name) + len(member.link)
        if name_bytes > _MAX_NAME_BYTES:
            raise InvalidParameter(f"invalid archive: the names in it have more than {_MAX_NAME_BYTES} bytes")
        name = clean(member.name)
        if member.kind is Kind.FILE and member.extents is None:
            archive.blobs[name] = _ingest(content, reader.data(), member)
        elif member.kind is Kind.SYMLINK:
            archive.links[name] = clean(name.rpartition(b"/")[0] + b"/" + member.link)
        elif member.kind is Kind.HARD_LINK:
            archive.links[name] = clean(member.link)
    return archive


def _ingest(content: ContentStore, pieces: Iterator[memoryview], member: Member) -> Digest:
    """Keep one member as a blob."""
    # A key of its own: the same archive may come twice at a time.
    with content.ingest(f"load:{os.urandom(16).hex()}") as ingest:
        for piece in pieces:
            ingest.write(piece)
        is_new = not content.contains(ingest.digest)
        # A new one is not flushed: who loads it has the file still, and a flush waits for all that the disk has to do
        # besides. What takes the place of another is: that may have been, for somebody who has no such file.
        return ingest.commit(member.stored_size, sync=not is_new)


# Docker's archive: manifest.json names config and layers by member name.


def _docker_images(
    content: ContentStore, archive: _Archive, platform: Platform | None
) -> list[tuple[tuple[Reference, ...], Image]]:
    entries = _json(content, archive.find(_DOCKER_MANIFEST))
    if not isinstance(entries, list):
        raise InvalidParameter("invalid archive: manifest.json is not a list")
    listed = _listed(content, archive)
    loaded = [_docker_image(content, archive, entry, listed, platform) for entry in entries]
    if entries and not any(loaded):
        raise NotFound(f"the archive has no image for {platform}")
    return [image for image in loaded if image is not None]


def _suits(config: ImageConfig, platform: Platform | None) -> bool:
    return platform is None or suitability(config.platform, platform) is not None


def _listed(content: ContentStore, archive: _Archive) -> dict[Digest, Image]:
    """Return the images that index.json lists by themselves, by their ids.

    Their manifests say more of the layers than manifest.json: the addresses of foreign ones, and what they are called
    at registries, by which a push finds them there.
    """
    found: dict[Digest, Image] = {}
    for entry in _table(content, archive):
        if entry.media_type not in media_types.MANIFESTS or not content.contains(entry.digest):
            continue
        try:
            image = walk.load(content, replace(entry, annotations={}))
        except ContainersError:
            continue  # no image: what manifest.json says is all that there is
        if not image.is_host and all(content.contains(layer.digest) for layer in image.manifest.layers):
            found[image.config_digest] = image
    return found


def _table(content: ContentStore, archive: _Archive) -> tuple[Descriptor, ...]:
    if _OCI_INDEX not in archive.blobs:
        return ()
    table = parse_manifest(content.read(archive.find(_OCI_INDEX)), media_types.OCI_INDEX)
    return table.manifests if isinstance(table, Index) else ()


def _docker_image(
    content: ContentStore,
    archive: _Archive,
    entry: object,
    listed: Mapping[Digest, Image],
    platform: Platform | None,
) -> tuple[tuple[Reference, ...], Image] | None:
    """Return an image with its names; None when it is for another platform."""
    if not isinstance(entry, Mapping) or not isinstance(entry.get("Config"), str):
        raise InvalidParameter(f"invalid archive: manifest.json has an entry without a Config: {entry!r:.200}")
    for key in ("RepoTags", "Layers"):
        if not isinstance(entry.get(key) or [], list):
            raise InvalidParameter(f"invalid archive: {key} in manifest.json is not a list: {entry[key]!r:.200}")
    config_digest = archive.find(_member_name(entry["Config"]))
    names = tuple(Reference.parse(str(name)).with_default_tag() for name in entry.get("RepoTags") or ())
    if config_digest in listed:
        return names, listed[config_digest]
    config = ImageConfig.parse(content.read(config_digest))
    if not _suits(config, platform):
        return None
    layers = tuple(_layer(content, archive.find(_member_name(layer))) for layer in entry.get("Layers") or ())
    return names, assemble_around(content, config, config_digest, layers)


def _layer(content: ContentStore, digest: Digest) -> Descriptor:
    """Describe a layer by what it is. bzip2 and xz are no compressions of layers, so these are kept unpacked."""
    with content.open(digest) as blob:
        kind = detect(blob.read(6))
        if kind in ("bzip2", "xz"):
            blob.seek(0)
            digest = _unpacked(content, decompress(blob))
    media_type = {
        "gzip": media_types.OCI_LAYER_GZIP, "zstd": media_types.OCI_LAYER_ZSTD,
    }.get(kind, media_types.OCI_LAYER)  # fmt: skip
    return Descriptor(media_type, digest, content.size(digest))


def _unpacked(content: ContentStore, chunks: Iterable[bytes]) -> Digest:
    with content.ingest(f"unpacked:{os.urandom(16).hex()}") as ingest:
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
        if not _suits(image.config, platform):
            continue
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


def _find_indexes(
    content: ContentStore,
    archive: _Archive,
    loaded: list[tuple[tuple[Reference, ...], Image]],
    indexes: dict[Reference, Descriptor],
) -> None:
    """Find the names that index.json gives to indexes of the loaded images; these get the manifests that stand there.

    A loaded image is replaced in its list.
    """
    for entry in _table(content, archive):
        names = set(_names(entry)) if entry.media_type in media_types.INDEXES else set[Reference]()
        if not names or not content.contains(entry.digest):
            continue
        found = walk.load_index(content, replace(entry, annotations={}))
        parts = {part.manifest.config.digest: part for part in found.parts}
        for number, (own, image) in enumerate(loaded):
            if names & set(own) and (part := parts.get(image.config_digest)) is not None:
                loaded[number] = (own, walk.load(content, part.entry, image.config.platform))
                indexes.update(dict.fromkeys(names & set(own), found.descriptor))


def _names(descriptor: Descriptor) -> Iterator[Reference]:
    for annotation in _NAME_ANNOTATIONS:
        text = descriptor.annotations.get(annotation)
        if not text:
            continue
        try:
            # A bare tag ("latest") is what the specification allows and nobody can use as a name.
            if annotation == _NAME_ANNOTATIONS[0] or ":" in text or "/" in text:
                yield Reference.parse(text).with_default_tag()
                return
        except InvalidReference:
            # So are names that no registry would take; containerd's word is always meant as a name.
            if annotation == _NAME_ANNOTATIONS[0]:
                raise


def _json(content: ContentStore, digest: Digest) -> Any:
    try:
        return json.loads(content.read(digest, _MAX_JSON))
    except (ValueError, RecursionError) as error:
        raise InvalidParameter(f"invalid archive: not JSON: {error}") from error
