"""What a registry has under a name, without fetching it: the descriptor, and the platforms that it is for."""

from __future__ import annotations

from dataclasses import dataclass

from jupyter_containers.content.store import ContentStore
from jupyter_containers.errors import ContainersError, NotFound
from jupyter_containers.oci import media_types
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.image_config import MAX_CONFIG_BYTES, ImageConfig
from jupyter_containers.oci.manifest import Index, Manifest
from jupyter_containers.oci.platform import Platform
from jupyter_containers.oci.reference import Reference
from jupyter_containers.registry import resolver
from jupyter_containers.registry.failures import ManifestNotFound, RegistryRefused, RepositoryNotFound
from jupyter_containers.registry.repository import Repository


@dataclass(frozen=True, slots=True)
class Description:
    """`platforms` in the order of the index; one for a manifest; none for what is no image."""

    descriptor: Descriptor
    platforms: tuple[Platform, ...]


async def describe(repository: Repository, reference: Reference, store: ContentStore) -> Description:
    """Return what a reference is at its registry now. Raises NotFound in the registry's words, and what pulls raise."""
    try:
        fetched = await resolver.fetch(repository, reference, store)
    except (ManifestNotFound, RepositoryNotFound) as error:
        raise NotFound(error.cause) from error
    document = fetched.document
    if isinstance(document, Index):
        listed = tuple(manifest.platform for manifest in document.manifests if manifest.platform is not None)
        return Description(fetched.descriptor, listed)
    return Description(fetched.descriptor, await _platform(repository, document, store))


async def _platform(repository: Repository, manifest: Manifest, store: ContentStore) -> tuple[Platform, ...]:
    config = manifest.config
    if config.media_type not in media_types.CONFIGS:
        return ()
    if config.size > MAX_CONFIG_BYTES:
        raise RegistryRefused(f"image config of {config.size} bytes is over the limit of {MAX_CONFIG_BYTES}")
    if store.contains(config.digest):
        content = store.read(config.digest, MAX_CONFIG_BYTES)
    else:
        content = await repository.small_blob(config.digest, limit=config.size)
    try:
        return (ImageConfig.parse(content).platform,)
    except ContainersError as error:
        raise RegistryRefused(f"cannot use the config of {manifest.config.digest}: {error.message}") from error
