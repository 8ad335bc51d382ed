"""What is at a registry and is no image to be pulled whole: single manifests and blobs, fetched when needed."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from jupyter_containers.content.store import ContentStore
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.digest import Digest
from jupyter_containers.oci.reference import Reference
from jupyter_containers.registry import resolver
from jupyter_containers.registry.downloads import Downloads
from jupyter_containers.registry.failures import RegistryRefused
from jupyter_containers.registry.progress import Tell
from jupyter_containers.registry.repository import Repository
from jupyter_containers.registry.resolver import Fetched


@dataclass(frozen=True, slots=True)
class Remote:
    """One reference at its registry, open for questions. Blobs come into `store`."""

    repository: Repository
    reference: Reference
    store: ContentStore
    downloads: Downloads
    tell: Tell

    async def manifest(self) -> Fetched:
        """Return the manifest or index that the reference has. Raises ManifestNotFound and others; nothing is kept."""
        return await resolver.fetch(self.repository, self.reference, self.store)

    async def manifest_of(self, digest: Digest) -> Fetched:
        """Return another manifest of the repository."""
        return await resolver.fetch_digest(self.repository, self.reference, digest, self.store)

    async def small(self, blob: Descriptor, limit: int) -> bytes:
        """Return a whole blob, checked; it is not kept. Raises RegistryRefused for one that is too large or another."""
        if blob.size > limit:
            raise RegistryRefused(f"blob {blob.digest} has {blob.size} bytes, over the limit of {limit}")
        if (stored := await asyncio.to_thread(self.store.read_if_whole, blob.digest, limit)) is not None:
            return stored
        content = await self.repository.small_blob(blob.digest, limit=blob.size)
        if Digest.of(content, blob.digest.algorithm) != blob.digest:
            raise RegistryRefused(f"blob {blob.digest} is not what its name says")
        return content

    async def layer(self, layer: Descriptor) -> None:
        """Bring a layer into the store, as a pull does."""
        await self.downloads.download(self.repository, layer, self.tell)
