"""One push: what the registry has not yet of an image's layers and config, and its manifest last of all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from jupyter_containers.content.store import ContentStore
from jupyter_containers.oci import media_types
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.digest import Digest
from jupyter_containers.oci.manifest import Index, Manifest
from jupyter_containers.oci.reference import Reference
from jupyter_containers.registry.failures import RegistryRefused
from jupyter_containers.registry.places import BlobPlaces
from jupyter_containers.registry.progress import (
    LAYER_EXISTS,
    PREPARING,
    PUSHED,
    PUSHING,
    WAITING,
    Progress,
    Tell,
    mounted_from,
    retrying,
)
from jupyter_containers.registry.pull import most_telling
from jupyter_containers.registry.repository import Repository
from jupyter_containers.registry.retries import RetryPolicy
from jupyter_containers.registry.uploads import COMPRESSED, Upload, Uploader, failure_of, mount

DEFAULT_PARALLEL = 5
# So many other repositories are asked for a layer before it is sent. Source: moby, distribution/push_v2.go.
MAX_MOUNTS = 3
_TELL_EVERY_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Pushable:
    """An image as a registry gets it: its manifest, the bytes of that, and how front ends call its layers.

    `finish` makes the manifest, and writes its config into the store, from what the layers are called there: for what
    names its layers in its config, too.
    """

    manifest: Manifest
    content: bytes
    layer_ids: tuple[str, ...]
    finish: Callable[[tuple[Descriptor, ...]], Manifest] | None = None


@dataclass(frozen=True, slots=True)
class Pushed:
    """The manifest as it is at the registry now."""

    digest: Digest
    size: int


@dataclass(frozen=True, slots=True)
class Pusher:
    """The parts of one push: where to, where from, what is known of other places, and who hears of it."""

    repository: Repository
    reference: Reference
    store: ContentStore
    places: BlobPlaces
    retries: RetryPolicy
    slots: asyncio.Semaphore
    tell: Tell
    # Whether layers go too whose descriptors say where else they are.
    sends_foreign: bool = False

    async def push(self, image: Pushable) -> Pushed:
        """Send what is missing, and let the reference's tag point at it.

        The registry gets the manifest byte by byte as it is here, unless layers had to be compressed for it. After
        cancellation: blobs that arrived whole stay at the registry, the tag is as it was.
        """
        layers = list(zip(image.manifest.layers, image.layer_ids, strict=True))[::-1]
        for _, layer_id in layers:
            self.tell(Progress(layer_id, PREPARING))
        found: dict[Digest, Descriptor] = {}

        async def send(layer: Descriptor, layer_id: str) -> None:
            if self.slots.locked():
                self.tell(Progress(layer_id, WAITING))
            async with self.slots:
                found[layer.digest] = await _LayerPush(self, layer, layer_id).run()

        unique = {layer.digest: (layer, layer_id) for layer, layer_id in layers}
        try:
            async with asyncio.TaskGroup() as group:
                for layer, layer_id in unique.values():
                    group.create_task(send(layer, layer_id), name=f"push layer {layer_id}")
        except BaseExceptionGroup as failures:
            raise most_telling(failures) from None
        there = tuple(found[layer.digest] for layer in image.manifest.layers)
        if image.finish is not None:
            manifest = await asyncio.to_thread(image.finish, there)
            image = replace(image, manifest=manifest, content=manifest.to_bytes())
            there = manifest.layers
        await self._send_config(image.manifest.config)
        return await self._put_manifest(image, there)

    async def push_index(self, index: Index, content: bytes, images: Sequence[Pushable]) -> Pushed:
        """Send all images of an index, by their digests, and let the reference's tag point at the index.

        It goes byte by byte as it is here, unless an image became another one on its way. After cancellation: as push.
        """
        entries, now = list[Descriptor](), dict[str, str]()
        by_digest = replace(self, reference=replace(self.reference, tag=None))
        for entry, image in zip(index.manifests, images, strict=True):
            sent = await by_digest.push(image)
            now[str(entry.digest)] = str(sent.digest)
            entries.append(replace(entry, digest=sent.digest, size=sent.size))
        if tuple(entries) != index.manifests:
            # Attestations say by an annotation which image they are of.
            entries = [
                replace(entry, annotations={key: now.get(value, value) for key, value in entry.annotations.items()})
                for entry in entries
            ]
            content = replace(index, manifests=tuple(entries)).to_bytes()
        return await self._put(content, index.media_type)

    async def _send_config(self, config: Descriptor) -> None:
        if await self.repository.blob_size(config.digest) is None:
            await Uploader(self.repository, self.store, self.retries, _count_nothing, self.retries.sleep).send(config)

    async def _put_manifest(self, image: Pushable, layers: tuple[Descriptor, ...]) -> Pushed:
        content = image.content
        if layers != image.manifest.layers:
            content = replace(image.manifest, layers=layers).to_bytes()
        return await self._put(content, image.manifest.media_type)

    async def _put(self, content: bytes, media_type: str) -> Pushed:
        digest = Digest.of(content)
        key = self.reference.tag or str(digest)
        answer = await self.repository.put_manifest(key, content, media_type)
        if not answer.is_ok:
            raise failure_of(answer)
        claimed = answer.headers.get("docker-content-digest")
        if claimed not in (None, str(digest)):
            raise RegistryRefused(f"registry says that it got manifest {claimed}, but {digest} was sent")
        return Pushed(digest, len(content))


class _LayerPush:
    """One layer: is it there, can it come from another repository, or must it be sent?"""

    def __init__(self, pusher: Pusher, layer: Descriptor, layer_id: str) -> None:
        self._pusher = pusher
        self._layer = layer
        self._id = layer_id
        self._told_at = 0.0
        self._places = list(pusher.places.of(layer.digest))

    async def run(self) -> Descriptor:
        """Return what the layer is called at the registry, where it is now."""
        is_foreign = bool(self._layer.urls) and media_types.is_foreign(self._layer.media_type)
        if is_foreign and not self._pusher.sends_foreign:
            self._tell("Skipped foreign layer")
            return self._layer
        for candidate in self._candidates():
            if await self._pusher.repository.blob_size(candidate.digest) is not None:
                self._tell(LAYER_EXISTS)
                return self._remembered(candidate)
        opened: Upload | None = None
        for source, candidate in self._sources():
            if opened is not None:
                await opened.cancel()
            opened = await self._mount(candidate, source)
            if opened is None:
                self._tell(mounted_from(source))
                return self._remembered(candidate)
        sent = await self._send(opened)
        self._tell(PUSHED)
        return self._remembered(sent)

    def _candidates(self) -> Iterator[Descriptor]:
        """Return the forms in which the registry may have the layer."""
        known = {descriptor.digest: descriptor for _, descriptor in self._places}
        if not self._is_plain:
            known[self._layer.digest] = self._layer
        return iter(known.values())

    @property
    def _is_plain(self) -> bool:
        """Whether it must be compressed; what a registry handed out as a plain tar goes back as it came."""
        came_so = any(descriptor.digest == self._layer.digest for _, descriptor in self._places)
        return self._layer.media_type in COMPRESSED and not came_so

    def _sources(self) -> Iterator[tuple[str, Descriptor]]:
        """Return other repositories of this registry that have the layer."""
        own = self._pusher.reference
        here = [
            (repository.removeprefix(f"{own.domain}/"), descriptor)
            for repository, descriptor in self._places
            if repository.startswith(f"{own.domain}/") and repository != own.repository
        ]
        return iter(here[:MAX_MOUNTS])

    async def _mount(self, candidate: Descriptor, source: str) -> Upload | None:
        return await mount(self._pusher.repository, candidate.digest, source)

    async def _send(self, opened: Upload | None) -> Descriptor:
        pusher = self._pusher
        uploader = Uploader(pusher.repository, pusher.store, pusher.retries, self._tell_bytes, self._wait)
        if self._is_plain:
            return await uploader.send_compressed(self._layer, opened)
        return await uploader.send(self._layer, opened)

    def _remembered(self, descriptor: Descriptor) -> Descriptor:
        self._pusher.places.remember(self._layer.digest, self._pusher.reference.repository, descriptor)
        return descriptor

    def _tell(self, status: str, current: int = 0) -> None:
        self._pusher.tell(Progress(self._id, status, current, self._layer.size if current else 0))

    def _tell_bytes(self, count: int) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._told_at >= _TELL_EVERY_SECONDS:
            self._told_at = now
            self._tell(PUSHING, count)

    async def _wait(self, seconds: float) -> None:
        while seconds > 0:
            self._tell(retrying(max(1, round(seconds))))
            await self._pusher.retries.sleep(min(1.0, seconds))
            seconds -= 1.0


def _count_nothing(_: int) -> None:
    pass
