"""Pushes: images that leave for a registry, by their names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from jupyter_containers.content.store import ContentStore
from jupyter_containers.engine.garbage import Needed
from jupyter_containers.engine.images import Images, ImageView
from jupyter_containers.errors import InvalidParameter, NotFound, Unsupported
from jupyter_containers.oci.digest import Digest
from jupyter_containers.oci.platform import Platform, suitability
from jupyter_containers.oci.reference import Reference
from jupyter_containers.registry import Credentials, Progress, Pushable, Registry


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
            return self._images.needs(views[0].record)

        async with self._images.garbage.keeping(find):
            view, image = views[0], views[0].image
            if image.is_host:
                raise Unsupported(
                    f"cannot push {name.familiar}: it stands on this machine's own root, which does not leave it"
                )
            if platform is not None and suitability(image.config.platform, platform) is None:
                raise NotFound(
                    f"image with reference {name.familiar} was found but does not provide the specified platform "
                    f"({platform})"
                )
            content = self._content.read(image.descriptor.digest)
            layer_ids = tuple(diff_id.short for diff_id in image.config.diff_ids)
            pushable = Pushable(image.manifest, content, layer_ids)
            pushed = await self._registry.push(name, pushable, credentials=credentials, progress=progress)
            if self._images.known(view.id) is not None:
                self._images.add(image, repo_digest=f"{name.repository}@{pushed.digest}")
                self._images.tell_named("push", view.id, name.familiar, name.familiar_repository)
        return Pushed(name.tag or "", pushed.digest, pushed.size)
