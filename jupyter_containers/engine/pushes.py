"""Pushes: images that leave for a registry, by their names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from jupyter_containers.content.store import ContentStore
from jupyter_containers.engine import platforms
from jupyter_containers.engine.garbage import Needed
from jupyter_containers.engine.images import Images, ImageView
from jupyter_containers.errors import ContainersError, InvalidParameter, NotFound, Unsupported
from jupyter_containers.images import walk
from jupyter_containers.images.walk import Image, Part
from jupyter_containers.oci.digest import Digest
from jupyter_containers.oci.platform import Platform
from jupyter_containers.oci.reference import Reference
from jupyter_containers.registry import Credentials, Progress, Pushable, Registry
from jupyter_containers.registry.push import Pushed as Sent


@dataclass(frozen=True, slots=True)
class Pushed:
    """One tag that is at its registry now; `size` is that of the manifest in bytes."""

    tag: str
    digest: Digest
    size: int


class Pushes:
    """Sends images of one data root to registries."""

    def __init__(self, images: Images, registry: Registry, content: ContentStore) -> None:
        self._images = images
        self._registry = registry
        self._content = content

    def names(self, reference: Reference) -> list[Reference]:
        """Return the names to push: the one given, or all tags of a repository. Raises NotFound in dockerd's words."""
        if reference.digest is not None:
            raise InvalidParameter("cannot push a digest reference")
        known = self._images.tags_of(reference)
        if not known:
            raise NotFound(f"An image does not exist locally with the tag: {reference.familiar_repository}")
        if reference.tag is None:
            return known
        if reference not in known:
            raise NotFound(f"tag does not exist: {reference.familiar}")
        return [reference]

    async def push(
        self,
        name: Reference,
        *,
        credentials: Credentials | None = None,
        platform: Platform | None = None,
        progress: Callable[[Progress], None],
    ) -> Pushed:
        """Send one image and let its name at the registry point at it.

        Raises what Registry.push raises; Unsupported for an image that stands on this machine's own root. After
        cancellation: see Registry.push.
        """
        views: list[ImageView] = []

        def find() -> Needed:
            views.append(self._images.view(self._images.record(str(name))))
            index = self._images.indexes.load(name)
            others = index.blobs if index is not None else frozenset()
            return Needed(self._images.needs(views[0].record).blobs | others)

        async with self._images.garbage.keeping(find):
            view = views[0]
            pushed = await self._send(name, view.image, credentials, platform, progress)
            if self._images.known(view.id) is not None:
                self._images.add(view.image, repo_digest=f"{name.repository}@{pushed.digest}")
                self._images.tell_named("push", view.id, name.familiar, name.familiar_repository)
        return Pushed(name.tag or "", pushed.digest, pushed.size)

    async def _send(
        self,
        name: Reference,
        image: Image,
        credentials: Credentials | None,
        platform: Platform | None,
        progress: Callable[[Progress], None],
    ) -> Sent:
        index = self._images.indexes.load(name)
        if index is not None and platform is None:
            if index.missing:
                absent = ", ".join(str(entry.platform or entry.digest) for entry in index.missing)
                raise NotFound(f"cannot push all of {name.familiar}: not here is {absent}; push one with --platform")
            content = self._content.read(index.descriptor.digest)
            images = [self._part(part) for part in index.parts]
            return await self._registry.push_index(
                name, index.index, content, images, credentials=credentials, progress=progress
            )
        if index is not None and platform is not None:
            image = self._images.indexes.image(name, platform) or image
        if image.is_host:
            raise Unsupported(
                f"cannot push {name.familiar}: it stands on this machine's own root, which does not leave it"
            )
        if platform is not None and not platforms.serves(image.config.platform, platform):
            raise platforms.NotForPlatform(name.familiar, platform)
        return await self._registry.push(name, self._whole(image), credentials=credentials, progress=progress)

    def _whole(self, image: Image) -> Pushable:
        content = self._content.read(image.descriptor.digest)
        return Pushable(image.manifest, content, tuple(diff_id.short for diff_id in image.config.diff_ids))

    def _part(self, part: Part) -> Pushable:
        """Return an entry of an index as a registry gets it; an attestation is none of the images that `walk` knows."""
        try:
            return self._whole(walk.load(self._content, part.entry, part.entry.platform))
        except ContainersError:
            content = self._content.read(part.entry.digest)
            return Pushable(part.manifest, content, tuple(layer.digest.short for layer in part.manifest.layers))
