"""Caches of builds that come from elsewhere and go there: inside images, at registries, in folders of the client.

Source: BuildKit, README, section "Export cache"; docker buildx build, --cache-from and --cache-to.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from jupyter_containers.build.caches import config
from jupyter_containers.build.caches.config import Known, Note
from jupyter_containers.build.caches.exchange import Exchange, Source
from jupyter_containers.build.filesystem import Layer
from jupyter_containers.build.leaving import Told
from jupyter_containers.build.progress import Listener, Warned
from jupyter_containers.content.store import ContentStore
from jupyter_containers.engine.base_images import told_as_pull
from jupyter_containers.engine.bodies import consume
from jupyter_containers.engine.garbage import Garbage, Needed
from jupyter_containers.engine.images import Images
from jupyter_containers.engine.shelf import Shelf
from jupyter_containers.errors import ContainersError, InvalidParameter, NotFound, Unsupported
from jupyter_containers.images import archive
from jupyter_containers.images.walk import Image
from jupyter_containers.oci import media_types
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.digest import Digest
from jupyter_containers.oci.image_config import MAX_CONFIG_BYTES, ImageConfig
from jupyter_containers.oci.manifest import Index, Manifest, parse_manifest
from jupyter_containers.oci.reference import Reference
from jupyter_containers.registry import Credentials, Pushable, Registry

# So many images of an index are looked through for caches inside them.
_MAX_IMAGES = 16
_ELSEWHERE = frozenset({"gha", "s3", "azblob"})
# What BuildKit lets choose, with the one value that is true of us.
_FIXED = {
    "registry": {"image-manifest": "true", "oci-mediatypes": "true", "compression": "gzip", "ignore-error": "false"},
    "local": {
        "image-manifest": "true", "oci-mediatypes": "true", "compression": "uncompressed", "ignore-error": "false",
    },
    "inline": {"mode": "min", "ignore-error": "false"},
}  # fmt: skip

Read = Callable[[Descriptor], Awaitable[bytes]]


@dataclass(frozen=True, slots=True)
class CacheFrom:
    """Where a cache comes from: a `reference` at a registry, else an `upload` of the client's."""

    reference: Reference | None = None
    upload: str = ""

    @classmethod
    def parse(cls, kind: str, attributes: Mapping[str, str]) -> CacheFrom:
        """Read `--cache-from type=KIND,…`. Raises InvalidParameter, Unsupported."""
        left = dict(attributes)
        if kind == "registry":
            found = cls(_reference("cache-from", left))
        elif kind == "local":
            found = cls(upload=left.pop("upload", ""))
        else:
            raise _unknown("cache-from", kind, "registry or local")
        for name, value in left.items():
            raise Unsupported(f"cache-from attribute {name}={value!r} of type {kind} is not supported; leave it out")
        return found


@dataclass(frozen=True, slots=True)
class CacheTo:
    """Where the cache of a build goes: inline, registry or local. `everything`: that of all stages (mode=max)."""

    kind: str
    reference: Reference | None = None
    everything: bool = False

    @classmethod
    def parse(cls, kind: str, attributes: Mapping[str, str]) -> CacheTo:
        """Read `--cache-to type=KIND,…`. Raises InvalidParameter, Unsupported."""
        if kind not in _FIXED:
            raise _unknown("cache-to", kind, "inline, registry or local")
        left = dict(attributes)
        reference = _reference("cache-to", left) if kind == "registry" else None
        mode = left.get("mode", "min")
        if mode not in ("min", "max"):
            raise InvalidParameter(f"invalid cache mode {mode!r}: expected min or max")
        if kind != "inline":
            left.pop("mode", None)
        for name, value in left.items():
            if _FIXED[kind].get(name) != value:
                raise Unsupported(f"cache-to attribute {name}={value!r} of type {kind} is not supported; leave it out")
        return cls(kind, reference, mode == "max")


def _reference(option: str, attributes: dict[str, str]) -> Reference:
    text = attributes.pop("ref", "")
    if not text:
        raise InvalidParameter(f"{option} type=registry needs a ref, the name of an image")
    return Reference.parse(text).with_default_tag()


def _unknown(option: str, kind: str, choice: str) -> ContainersError:
    if kind in _ELSEWHERE:
        return Unsupported(f"{option} type={kind} is not supported; use {choice}")
    return InvalidParameter(f"{option} type {kind!r} is not known; use {choice}")


@dataclass(frozen=True, slots=True)
class Layout:
    """A cache as an OCI layout, whose blobs are in the store: its index, or the manifest that goes into one."""

    manifests: tuple[Descriptor, ...]
    blobs: frozenset[Digest]


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a build wants of caches elsewhere. `images` of this daemon are asked for theirs, and for their history."""

    sources: tuple[CacheFrom, ...] = ()
    images: tuple[str, ...] = ()
    targets: tuple[CacheTo, ...] = ()
    credentials: Mapping[str, Credentials] = field(default_factory=dict, repr=False)

    @property
    def told(self) -> Told:
        """How much of the build goes to the targets together."""
        if any(target.everything for target in self.targets):
            return "max"
        return "min" if self.targets else ""


class BuildCaches:
    """Reads and writes caches for one data root."""

    def __init__(self, registry: Registry, images: Images, content: ContentStore, garbage: Garbage) -> None:
        self._registry = registry
        self._images = images
        self._content = content
        self._garbage = garbage
        self._uploads: Shelf[Layout] = Shelf("upload of a cache")
        garbage.protect(lambda: [Needed(layout.blobs) for layout in self._uploads.all()])

    async def take_in(self, body: AsyncIterable[bytes]) -> str:
        """Keep a cache that a client sends as the tar of an OCI layout, for its next build; return its name.

        Raises InvalidParameter for what is none.
        """
        async with self._garbage.working():
            manifests, blobs = await consume(body, lambda stream: archive.take_layout(stream, self._content))
            return self._uploads.put(Layout(manifests, blobs))

    async def open(self, wishes: Wishes, progress: Listener) -> Exchange:
        """Read the caches that a build may use. One that cannot be read is told of, and left out.

        Call it inside garbage.working(), which the build goes on in.
        """
        sources = []
        for wish in wishes.sources:
            name = wish.reference.familiar if wish.reference is not None else "the client's folder"
            try:
                sources.append(await self._source(wish, wishes, progress))
            except ContainersError as error:
                progress(Warned(0, f"failed to import the cache from {name}: {error.message}"))
        images = [image for name in wishes.images if (image := await self._image(name)) is not None]
        sources += [Source(Known(await self._inline(image))) for image in images]
        carries = any(target.kind == "inline" for target in wishes.targets)
        return Exchange(sources, images, carries, wishes.told)

    async def _image(self, name: str) -> Image | None:
        try:
            return (await self._images.find(name)).image
        except NotFound:
            return None

    async def _inline(self, image: Image) -> list[Note]:
        content = await asyncio.to_thread(self._content.read, image.config_digest, MAX_CONFIG_BYTES)
        return config.from_inline(content, _layers(image.manifest, image.config))

    async def _source(self, wish: CacheFrom, wishes: Wishes, progress: Listener) -> Source:
        if wish.reference is None:
            layout = self._uploads.remove(wish.upload)
            # What of it the build does not use goes when it is over.
            self._garbage.begin()
            notes = [note for found in layout.manifests for note in await self._read_local(found)]
            return Source(Known(notes))

        credentials = wishes.credentials.get(wish.reference.domain)
        remote = await self._registry.open(wish.reference, credentials, progress=told_as_pull(progress))
        fetched = await remote.manifest()

        async def read(blob: Descriptor) -> bytes:
            if blob.media_type in media_types.MANIFESTS:
                return (await remote.manifest_of(blob.digest)).content
            return await remote.small(blob, config.MAX_CONFIG_BYTES)

        return Source(Known(await _notes(fetched.document, read)), remote.layer)

    async def _read_local(self, found: Descriptor) -> list[Note]:
        async def read(blob: Descriptor) -> bytes:
            return await asyncio.to_thread(self._content.read, blob.digest, config.MAX_CONFIG_BYTES)

        return await _notes(parse_manifest(await read(found), found.media_type), read)

    def select(self, exchange: Exchange, target: CacheTo) -> Sequence[Note]:
        """Return what of a build goes to a target."""
        return exchange.notes if target.everything else config.within(exchange.notes, *exchange.results)

    async def push(self, reference: Reference, notes: Sequence[Note], wishes: Wishes, progress: Listener) -> None:
        """Send a cache to a registry. Raises what a push raises."""
        layers = config.layers_of(notes)

        def finish(there: tuple[Descriptor, ...]) -> Manifest:
            return self._manifest(notes, layers, there)

        pushable = Pushable(
            Manifest(media_types.OCI_MANIFEST, Descriptor(config.MEDIA_TYPE, Digest.of(b""), 0), _descriptors(layers)),
            b"", tuple(layer.diff_id.short for layer in layers), finish,
        )  # fmt: skip
        credentials = wishes.credentials.get(reference.domain)
        await self._registry.push(reference, pushable, credentials=credentials, progress=told_as_pull(progress))

    def write(self, notes: Sequence[Note]) -> Layout:
        """Write a cache into the store, as a folder is to have it."""
        layers = config.layers_of(notes)
        manifest = self._manifest(notes, layers, _descriptors(layers))
        content = manifest.to_bytes()
        digest = self._content.write(content)
        blobs = {digest, manifest.config.digest, *(layer.digest for layer in manifest.layers)}
        return Layout((Descriptor(media_types.OCI_MANIFEST, digest, len(content)),), frozenset(blobs))

    def _manifest(self, notes: Sequence[Note], layers: Sequence[Layer], there: Sequence[Descriptor]) -> Manifest:
        """Write the config, and return a manifest; `there` is what the layers are called where it goes."""
        found = {layer.descriptor.digest: called for layer, called in zip(layers, there, strict=True)}
        written = config.to_config(notes, lambda layer: found[layer.descriptor.digest])
        named = Descriptor(config.MEDIA_TYPE, self._content.write(written), len(written))
        annotated = [
            replace(called, annotations={**called.annotations, config.DIFF_ID: str(layer.diff_id)})
            for layer, called in zip(layers, there, strict=True)
        ]
        return Manifest(media_types.OCI_MANIFEST, named, tuple(annotated))


async def _notes(document: Manifest | Index, read: Read) -> list[Note]:
    """Return what a cache's manifest leads to, in either of BuildKit's forms, or what images carry inside them."""
    if isinstance(document, Manifest):
        if document.config.media_type == config.MEDIA_TYPE:
            content = await read(document.config)
            return await asyncio.to_thread(config.from_config, content, _by_digest(document.layers))
        content = await read(document.config)
        layers = _layers(document, ImageConfig.parse(content))
        return await asyncio.to_thread(config.from_inline, content, layers)
    for entry in document.manifests:
        if entry.media_type == config.MEDIA_TYPE:
            content = await read(entry)
            return await asyncio.to_thread(config.from_config, content, _by_digest(document.manifests))
    images = [entry for entry in document.manifests if entry.media_type in media_types.MANIFESTS]
    found = []
    for entry in images[:_MAX_IMAGES]:
        inner = parse_manifest(await read(entry), entry.media_type)
        if isinstance(inner, Manifest):
            found += await _notes(inner, read)
    return found


def _layers(manifest: Manifest, image_config: ImageConfig) -> tuple[Layer, ...]:
    if len(manifest.layers) != len(image_config.diff_ids):
        raise InvalidParameter("invalid build cache: the image has not as many layers as diff ids")
    return tuple(map(Layer, manifest.layers, image_config.diff_ids))


def _by_digest(layers: Iterable[Descriptor]) -> dict[Digest, Descriptor]:
    return {layer.digest: layer for layer in layers}


def _descriptors(layers: Iterable[Layer]) -> tuple[Descriptor, ...]:
    """Return descriptors without what a manifest that they came from has said of them."""
    return tuple(replace(layer.descriptor, annotations={}, platform=None) for layer in layers)
