"""One pull: manifest, choice of platform, config and layers into the content store."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from jupyter_containers.content.store import ContentStore
from jupyter_containers.errors import ContainersError, InvalidParameter, NotFound, Unsupported
from jupyter_containers.oci import media_types
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.digest import Digest
from jupyter_containers.oci.image_config import MAX_CONFIG_BYTES, ImageConfig
from jupyter_containers.oci.manifest import Index, Manifest
from jupyter_containers.oci.platform import Platform
from jupyter_containers.oci.reference import Reference
from jupyter_containers.registry import resolver
from jupyter_containers.registry.downloads import Downloads
from jupyter_containers.registry.failures import RegistryRefused
from jupyter_containers.registry.progress import PULLING_LAYER, Progress, Tell
from jupyter_containers.registry.repository import Repository

# An index may list indexes; a registry that nests them for ever must not keep us busy.
MAX_INDEX_DEPTH = 4
_RUNNABLE_OS = "linux"


@dataclass(frozen=True, slots=True)
class Pulled:
    """What is in the content store now. `target` is the manifest of this platform, `index` the list it came from.

    `repo_digest` is the canonical `repository@digest` that the tag meant: of the index if there is one. The platform
    in `config` may differ from the wanted one when the image has only one: dockerd warns then.
    """

    target: Descriptor
    index: Descriptor | None
    repo_digest: str
    manifest: Manifest
    config: ImageConfig

    @property
    def image_id(self) -> Digest:
        return self.manifest.config.digest


@dataclass(frozen=True, slots=True)
class Puller:
    """The parts of one pull: where from, where to, and who hears of it."""

    repository: Repository
    store: ContentStore
    downloads: Downloads
    tell: Tell

    async def pull(self, reference: Reference, platform: Platform) -> Pulled:
        """Bring an image here. Raises before the first progress if there is no such image or no access to it.

        After cancellation: finished blobs and suspended ingests stay, no manifest; the next pull goes on from there.
        """
        top = await resolver.fetch(self.repository, reference, self.store)
        self.tell(Progress(reference.tag or str(reference.digest), f"Pulling from {reference.path}"))
        chain = await self._descend(top, reference, platform)
        manifest = chain[-1].document
        assert isinstance(manifest, Manifest)
        _check_kinds(manifest)
        config = await self._fetch_blobs(manifest)
        # The leaf first: whoever finds a manifest in the store finds what it lists as well.
        for fetched in reversed(chain):
            await asyncio.to_thread(_keep, self.store, fetched.content, fetched.descriptor.digest)
        return Pulled(
            target=chain[-1].descriptor,
            index=top.descriptor if len(chain) > 1 else None,
            repo_digest=f"{reference.repository}@{top.descriptor.digest}",
            manifest=manifest,
            config=config,
        )

    async def _descend(self, top: resolver.Fetched, reference: Reference, platform: Platform) -> list[resolver.Fetched]:
        """Return the way from what the reference means down to the manifest of the platform."""
        chain = [top]
        while isinstance(chain[-1].document, Index):
            if len(chain) > MAX_INDEX_DEPTH:
                raise RegistryRefused(f"indexes of {reference.familiar} are nested more than {MAX_INDEX_DEPTH} deep")
            chosen = chain[-1].document.choose(platform)
            try:
                found = await resolver.fetch_digest(self.repository, reference, chosen.digest, self.store)
            except NotFound as error:
                raise RegistryRefused(
                    f"index of {reference.familiar} lists {chosen.digest}, {error.message}"
                ) from error
            if len(found.content) != chosen.size:
                raise RegistryRefused(
                    f"manifest {chosen.digest} has {len(found.content)} bytes, its index promises {chosen.size}"
                )
            chain.append(found)
        return chain

    async def _fetch_blobs(self, manifest: Manifest) -> ImageConfig:
        layers = list({layer.digest: layer for layer in manifest.layers}.values())
        for layer in layers:
            self.tell(Progress(layer.digest.short, PULLING_LAYER))
        try:
            async with asyncio.TaskGroup() as group:
                config = group.create_task(self._fetch_config(manifest), name="pull config")
                for layer in layers:
                    download = self.downloads.download(self.repository, layer, self.tell)
                    group.create_task(download, name=f"pull layer {layer.digest.short}")
        except BaseExceptionGroup as failures:
            raise most_telling(failures) from None
        return config.result()

    async def _fetch_config(self, manifest: Manifest) -> ImageConfig:
        descriptor = manifest.config
        try:
            content = await self._config_bytes(descriptor)
        except ContainersError as error:
            error.message = f"error pulling image configuration: {error.message}"
            error.args = (error.message,)
            raise
        config = _parse_config(content)
        _check_config(config, manifest)
        await asyncio.to_thread(_keep, self.store, content, descriptor.digest)
        return config

    async def _config_bytes(self, descriptor: Descriptor) -> bytes:
        if descriptor.size > MAX_CONFIG_BYTES:
            raise RegistryRefused(f"image config of {descriptor.size} bytes is over the limit of {MAX_CONFIG_BYTES}")
        if (stored := self.store.read_if_whole(descriptor.digest, MAX_CONFIG_BYTES)) is not None:
            return stored
        content = await self.repository.small_blob(descriptor.digest, limit=descriptor.size)
        if Digest.of(content, descriptor.digest.algorithm) != descriptor.digest:
            raise RegistryRefused(f"image config verification failed for digest {descriptor.digest}")
        return content


def _check_kinds(manifest: Manifest) -> None:
    """Refuse what is no container image (charts, signatures) and layers that a registry must not hand out."""
    if manifest.config.media_type not in media_types.CONFIGS:
        raise Unsupported(f"unsupported media type {manifest.config.media_type}: this is not a container image")
    for layer in manifest.layers:
        # HOST_LAYER means "the root of this machine": coming from outside it would open the host to any image.
        if not media_types.is_layer(layer.media_type) or layer.media_type == media_types.HOST_LAYER:
            raise Unsupported(f"unsupported media type {layer.media_type} of layer {layer.digest}")


def _parse_config(content: bytes) -> ImageConfig:
    try:
        return ImageConfig.parse(content)
    except InvalidParameter as error:
        raise RegistryRefused(f"error pulling image configuration: {error.message}") from error


def _check_config(config: ImageConfig, manifest: Manifest) -> None:
    if config.platform.os and config.platform.os != _RUNNABLE_OS:
        raise Unsupported(f'image operating system "{config.platform.os}" cannot be used on this platform')
    if len(config.diff_ids) != len(manifest.layers):
        raise RegistryRefused(
            f"layers from manifest don't match image configuration: {len(manifest.layers)} layers, "
            f"{len(config.diff_ids)} diff ids"
        )


def _keep(store: ContentStore, content: bytes, digest: Digest) -> None:
    """Write a small blob that has been checked, under the algorithm of its digest."""
    if store.contains(digest, len(content)):
        return
    if digest.algorithm == "sha256":
        store.write(content)
        return
    with store.ingest(f"small {digest}", expected=digest, size=len(content)) as ingest:
        ingest.write(content)
        ingest.commit()


def most_telling(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the one failure to report of several that came together: one of ours, if there is any."""
    flat: list[BaseException] = []
    for failure in failures.exceptions:
        flat.append(most_telling(failure) if isinstance(failure, BaseExceptionGroup) else failure)
    return next((failure for failure in flat if isinstance(failure, ContainersError)), flat[0])
