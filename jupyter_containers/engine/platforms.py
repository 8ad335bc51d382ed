"""The image that a name or an id means for a platform: its own, or another one of its index."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from jupyter_containers.errors import NotFound
from jupyter_containers.images.walk import Image
from jupyter_containers.metadata.images import ImageRecord
from jupyter_containers.oci.platform import Platform, suitability

if TYPE_CHECKING:
    from jupyter_containers.engine.images import Images, ImageView


class NotForPlatform(NotFound):
    """The texts are dockerd's. `actual` is told where a container was to be made."""

    def __init__(self, name: str, wanted: Platform, actual: Platform | None = None) -> None:
        provides = f"provide the specified platform ({wanted})"
        matches = f"match the specified platform: wanted {wanted}, actual: {actual}"
        super().__init__(
            f"image with reference {name} was found but does not {provides if actual is None else matches}"
        )


def seen(images: Images, name: str, platform: Platform | None) -> ImageView:
    """Return what a name or an id has here for a platform, its own image for None; a packed one has size 0.

    Raises ImageNotFound, NotForPlatform.
    """
    view = images.view(images.record(name))
    if platform is None:
        return view
    other = beside(images, name, view, platform)
    if other is not None:
        return _view_of(images, view, other)
    if not serves(view.config.platform, platform):
        raise NotForPlatform(name, platform)
    return view


def beside(images: Images, name: str, view: ImageView, platform: Platform) -> Image | None:
    """Return what suits the platform best in the index that `name` means, when it is here and not the view's own."""
    index = images.indexes.meant(name, view.id)
    found = images.indexes.best(index, platform) if index is not None else None
    return found if found is not None and found.config_digest != view.id else None


def serves(offered: Platform, wanted: Platform) -> bool:
    """Tell whether an image is for a platform."""
    return suitability(offered, wanted) is not None


def _view_of(images: Images, named: ImageView, image: Image) -> ImageView:
    """Return an image of an index under the names that the index has."""
    record = images.known(image.config_digest) or ImageRecord(
        image.config_digest, image.descriptor, image.config.created, 0, last_tagged_at=named.record.last_tagged_at
    )
    digests = tuple(sorted({*record.repo_digests, *named.record.repo_digests}))
    return replace(named, record=replace(record, repo_digests=digests), image=image)
