"""From a descriptor to an image: index → manifest → config, each read from the content store and checked."""

from __future__ import annotations

from dataclasses import dataclass

from jupyter_containers.content.store import ContentStore
from jupyter_containers.errors import InvalidParameter, Unsupported
from jupyter_containers.oci import media_types
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.digest import Digest
from jupyter_containers.oci.image_config import ImageConfig, chain_ids
from jupyter_containers.oci.manifest import Index, Manifest, parse_manifest
from jupyter_containers.oci.platform import Platform, host_platform

# An index may list an index; nobody nests deeper, and a loop cannot be made with digests, only a long chain.
MAX_INDEX_DEPTH = 4


@dataclass(frozen=True, slots=True)
class Image:
    """One platform's image. `descriptor` points to `manifest`; `config_digest` is what Docker calls the image id."""

    descriptor: Descriptor
    manifest: Manifest
    config: ImageConfig
    config_digest: Digest

    @property
    def chain(self) -> tuple[str, ...]:
        """Names of the committed snapshots that its layers become, bottom first."""
        return tuple(str(chain_id) for chain_id in chain_ids(self.config.diff_ids))

    @property
    def top(self) -> str:
        """Name of the snapshot a container stands on; "" for an image without layers."""
        return self.chain[-1] if self.config.diff_ids else ""

    @property
    def blobs(self) -> frozenset[Digest]:
        """All that it is made of: manifest, config, layers."""
        return frozenset(
            {self.descriptor.digest, self.config_digest, *(layer.digest for layer in self.manifest.layers)}
        )

    @property
    def is_host(self) -> bool:
        """True if it stands on this machine's own root, and so cannot leave it (no push, no save)."""
        return any(layer.media_type == media_types.HOST_LAYER for layer in self.manifest.layers)


def load(content: ContentStore, descriptor: Descriptor, platform: Platform | None = None) -> Image:
    """Return the image that `descriptor` (of an index or a manifest) means for `platform`, by default this machine's.

    Raises BlobNotFound for what is not in the store, NotFound when the index offers nothing suitable, InvalidParameter
    for a broken image, Unsupported for what is no container image or made for another operating system.
    """
    wanted = platform or host_platform()
    found, document = _manifest(content, descriptor, wanted)
    if document.config.media_type not in media_types.CONFIGS:
        raise Unsupported(
            f"unsupported media type {document.config.media_type}: {found.digest} is an artifact, not a container image"
        )
    config = ImageConfig.parse(content.read(document.config.digest))
    _check(document, config, found.digest)
    if config.platform.os != wanted.os:
        raise Unsupported(f"image operating system {config.platform.os!r} cannot be used on this platform")
    return Image(found, document, config, document.config.digest)


@dataclass(frozen=True, slots=True)
class Part:
    """One entry of an index whose manifest and blobs are here: an image, or what belongs to one."""

    entry: Descriptor
    manifest: Manifest

    @property
    def blobs(self) -> frozenset[Digest]:
        layers = (layer.digest for layer in self.manifest.layers)
        return frozenset({self.entry.digest, self.manifest.config.digest, *layers})


@dataclass(frozen=True, slots=True)
class Indexed:
    """An index with its parts that are here; `missing` are the entries of which not everything is."""

    descriptor: Descriptor
    index: Index
    parts: tuple[Part, ...]
    missing: tuple[Descriptor, ...]

    @property
    def blobs(self) -> frozenset[Digest]:
        """All that is here of it."""
        return frozenset({self.descriptor.digest}).union(*(part.blobs for part in self.parts))


def load_index(content: ContentStore, descriptor: Descriptor) -> Indexed:
    """Return an index and what is here of what it lists. Raises BlobNotFound, InvalidParameter for no index."""
    index = parse_manifest(content.read(descriptor.digest), descriptor.media_type)
    if not isinstance(index, Index):
        raise InvalidParameter(f"{descriptor.digest} is not an index")
    parts, missing = list[Part](), list[Descriptor]()
    for entry in index.manifests:
        part = _part(content, entry)
        if part is not None:
            parts.append(part)
        else:
            missing.append(entry)
    return Indexed(descriptor, index, tuple(parts), tuple(missing))


def _part(content: ContentStore, entry: Descriptor) -> Part | None:
    if entry.media_type not in media_types.MANIFESTS or not content.contains(entry.digest):
        return None
    manifest = parse_manifest(content.read(entry.digest), entry.media_type)
    if not isinstance(manifest, Manifest):
        return None
    part = Part(entry, manifest)
    return part if all(map(content.contains, part.blobs)) else None


def _manifest(content: ContentStore, descriptor: Descriptor, wanted: Platform) -> tuple[Descriptor, Manifest]:
    for _ in range(MAX_INDEX_DEPTH):
        document = parse_manifest(content.read(descriptor.digest), descriptor.media_type or None)
        if isinstance(document, Manifest):
            return descriptor, document
        descriptor = _choose(document, wanted)
    raise InvalidParameter(f"index {descriptor.digest} is nested more than {MAX_INDEX_DEPTH} deep")


def _choose(index: Index, wanted: Platform) -> Descriptor:
    nested = [m for m in index.manifests if m.media_type in media_types.INDEXES and m.platform is None]
    # A list of one index without a platform is how `docker save` wraps a multi-platform image.
    return nested[0] if len(nested) == len(index.manifests) == 1 else index.choose(wanted)


def _check(manifest: Manifest, config: ImageConfig, digest: Digest) -> None:
    for layer in manifest.layers:
        if not media_types.is_layer(layer.media_type):
            raise Unsupported(f"unsupported layer media type {layer.media_type} in {digest}")
    if len(manifest.layers) != len(config.diff_ids):
        raise InvalidParameter(
            f"image {digest} has {len(manifest.layers)} layers, but its config names {len(config.diff_ids)} diff ids"
        )
