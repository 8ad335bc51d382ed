"""Images into a file: the form of `docker save` since version 25, an OCI layout with Docker's manifest.json beside it.

Blobs go out as they lie in the store, so the digests that a registry knows stay true; every loader looks at a layer's
first bytes for its compression. Sources: OCI image-spec, image-layout.md; moby, image/tarexport/save.go.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import BinaryIO

from jupyter_containers.content.store import ContentStore
from jupyter_containers.errors import Unsupported
from jupyter_containers.images.walk import Image, Indexed
from jupyter_containers.layers.member import Kind, Member
from jupyter_containers.layers.tar_writer import TarWriter
from jupyter_containers.oci import media_types
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.digest import Digest
from jupyter_containers.oci.reference import Reference

_PIECE = 1 << 20
# How containerd and Docker name an image in an index, and the tag alone as the specification has it.
NAME_ANNOTATION = "io.containerd.image.name"
TAG_ANNOTATION = "org.opencontainers.image.ref.name"


@dataclass(frozen=True, slots=True)
class Named:
    """An image to be saved, and the names that it is saved under; none when it was asked for by its id.

    `indexes` are those of the names that mean images for other platforms as well.
    """

    image: Image
    names: tuple[Reference, ...] = ()
    indexes: Mapping[Reference, Indexed] = field(default_factory=dict, hash=False)

    @property
    def blobs(self) -> frozenset[Digest]:
        others = (self.indexes[name].blobs for name in self.names if name in self.indexes)
        return self.image.blobs.union(*others)


def save(
    images: Sequence[Named], content: ContentStore, write: Callable[[bytes], object], *, for_docker: bool = True
) -> None:
    """Write the images as one tar to `write`; what they share is in it once. The same images give the same bytes.

    Without `for_docker` it is an OCI layout and nothing else.

    Raises Unsupported for one that stands on this machine's own root, before anything is written; BlobNotFound.
    """
    for entry in images:
        refuse_host(entry.image, entry.names)
    tar = TarWriter(write)
    _add_blobs(tar, {digest for entry in images for digest in entry.blobs}, content)
    _add(tar, "index.json", _index(images))
    if for_docker:
        _add(tar, "manifest.json", [_entry(image) for image in images])
    _finish(tar)


def refuse_host(image: Image, names: Sequence[Reference] = ()) -> None:
    """Raise Unsupported for an image that stands on this machine's own root."""
    if image.is_host:
        name = names[0].familiar if names else str(image.config_digest)
        raise Unsupported(f"cannot save {name}: it stands on this machine's own root, which does not leave it")


def save_blobs(
    manifests: Sequence[Descriptor], blobs: Iterable[Digest], content: ContentStore, write: Callable[[bytes], object]
) -> None:
    """Write an OCI layout of what need not be images: blobs, and an index of manifests among them."""
    tar = TarWriter(write)
    _add_blobs(tar, blobs, content)
    entries = [manifest.to_json() for manifest in manifests]
    _add(tar, "index.json", {"schemaVersion": 2, "mediaType": media_types.OCI_INDEX, "manifests": entries})
    _finish(tar)


def _add_blobs(tar: TarWriter, wanted: Iterable[Digest], content: ContentStore) -> None:
    blobs = sorted(set(wanted))
    # Asked before anything is written: a blob that is not there is an error, not half a tar.
    sizes = {digest: content.size(digest) for digest in blobs}
    for folder in ("blobs", *sorted({f"blobs/{digest.algorithm}" for digest in blobs})):
        tar.add(Member(folder.encode(), Kind.DIRECTORY, mode=0o755))
    for digest in blobs:
        with content.open(digest) as blob:
            size = sizes[digest]
            tar.add(Member(_place(digest).encode(), Kind.FILE, size=size, stored_size=size), _pieces(blob))


def _finish(tar: TarWriter) -> None:
    _add(tar, "oci-layout", {"imageLayoutVersion": "1.0.0"})
    tar.finish()


def _pieces(blob: BinaryIO) -> Iterable[bytes]:
    return iter(lambda: blob.read(_PIECE), b"")


def _place(digest: Digest) -> str:
    return f"blobs/{digest.algorithm}/{digest.hex}"


def _add(tar: TarWriter, name: str, document: object) -> None:
    text = json.dumps(document, separators=(",", ":")).encode()
    tar.add(Member(name.encode(), Kind.FILE, size=len(text), stored_size=len(text)), [text])


def _index(images: Sequence[Named]) -> dict[str, object]:
    entries = [_described(entry, name) for entry in images for name in entry.names or (None,)]
    return {"schemaVersion": 2, "mediaType": media_types.OCI_INDEX, "manifests": entries}


def naming(name: Reference) -> dict[str, str]:
    """Return the annotations by which an index names an image."""
    return {NAME_ANNOTATION: str(name), TAG_ANNOTATION: name.tag or ""}


def _described(entry: Named, name: Reference | None) -> dict[str, object]:
    found, config = entry.image.descriptor, entry.image.config
    annotations = naming(name) if name is not None else {}
    if name is not None and name in entry.indexes:
        return replace(entry.indexes[name].descriptor, annotations=annotations).to_json()
    return Descriptor(
        found.media_type, found.digest, found.size, platform=config.platform, annotations=annotations
    ).to_json()


def _entry(entry: Named) -> dict[str, object]:
    return {
        "Config": _place(entry.image.config_digest),
        "RepoTags": [name.familiar for name in entry.names] or None,
        "Layers": [_place(layer.digest) for layer in entry.image.manifest.layers],
        "LayerSources": {
            str(diff_id): layer.to_json()
            for diff_id, layer in zip(entry.image.config.diff_ids, entry.image.manifest.layers, strict=True)
        },
    }
