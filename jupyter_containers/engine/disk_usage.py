"""What takes how much disk: `docker system df`. Everything is measured when it is asked for."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from jupyter_containers.errors import InvalidParameter

if TYPE_CHECKING:
    from jupyter_containers.engine.builds import Builds
    from jupyter_containers.engine.cached_steps import CachedStep
    from jupyter_containers.engine.containers import Containers
    from jupyter_containers.engine.failed_steps import FailedSteps, Failure
    from jupyter_containers.engine.images import Images, ImageView
    from jupyter_containers.engine.volumes import Volume, Volumes

UNKNOWN_BYTES = -1


class Kind(StrEnum):
    """What can be asked for alone."""

    CONTAINER = "container"
    IMAGE = "image"
    VOLUME = "volume"
    BUILD_CACHE = "build-cache"


def parse_kinds(words: Sequence[str]) -> frozenset[Kind]:
    """Read the kinds that somebody asks for; none is all. Raises InvalidParameter in Docker's words."""
    known = {str(kind) for kind in Kind}
    for word in words:
        if word not in known:
            raise InvalidParameter(f"unknown object type: {word}")
    return frozenset(Kind(word) for word in words) or frozenset(Kind)


@dataclass(frozen=True, slots=True)
class ImageUsage:
    """`shared` are the bytes that another image has as well; `containers` how many stand on it."""

    view: ImageView
    shared: int
    containers: int


@dataclass(frozen=True, slots=True)
class VolumeUsage:
    """`users` is how many containers have it; `size` UNKNOWN_BYTES when its files do not stand still to be counted."""

    volume: Volume
    size: int
    users: int


@dataclass(frozen=True, slots=True)
class StepUsage:
    """A step of a build in the cache; `shared` when an image has its layer, too."""

    step: CachedStep
    size: int
    shared: bool


@dataclass(frozen=True, slots=True)
class FailureUsage:
    """A failed step that is kept; `in_use` when a container stands on it."""

    failure: Failure
    size: int
    in_use: bool


def images(found: Images, containers: Containers) -> list[ImageUsage]:
    """Measure all images."""
    users = found.layer_users()
    return [
        ImageUsage(view, found.shared_size(view, users), len(containers.image_users(view.id))) for view in found.all()
    ]


def layers_size(found: Images) -> int:
    """Return the bytes of all layers of images, each counted once."""
    return sum(found.layer_size(layer) for layer in found.layer_users())


async def volumes(found: Volumes) -> list[VolumeUsage]:
    """Measure the volumes whose files are here, which reads all their trees; as in dockerd, not those with options.

    After cancellation: nothing happened.
    """
    usages = []
    for volume in found.all():
        if volume.options:
            continue
        try:
            size = await asyncio.to_thread(found.size, volume.name)
        except FileNotFoundError:
            continue  # removed meanwhile
        except OSError as error:
            if error.errno != errno.ESTALE:
                raise
            size = UNKNOWN_BYTES
        usages.append(VolumeUsage(volume, size, len(found.used_by(volume.name))))
    return usages


def build_cache(found: Builds, all_images: Images) -> list[StepUsage]:
    """Measure the cached steps that have made a layer."""
    users = all_images.layer_users()
    return [StepUsage(step, step.size(all_images.layer_size), step.chain in users) for step in found.cached_steps()]


def failed_steps(found: FailedSteps) -> list[FailureUsage]:
    """Measure the failed steps that are kept."""
    return [FailureUsage(failure, found.size(failure), found.is_used(failure)) for failure in found.all()]
