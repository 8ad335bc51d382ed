"""The root of a base image: its layers become snapshots when the first step needs them."""

from __future__ import annotations

from jupyter_containers.build.blocking import check, in_thread
from jupyter_containers.build.filesystem import Filesystem, Layer
from jupyter_containers.build.operations.definitions import ImageRoot
from jupyter_containers.build.operations.layering import Stop, Stores
from jupyter_containers.images.unpack import unpack


def filesystem(operation: ImageRoot) -> Filesystem:
    """Return the stack of layers that the image says it has."""
    image = operation.image
    if image is None:
        return Filesystem()
    pairs = zip(image.manifest.layers, image.config.diff_ids, strict=True)
    return Filesystem.of(tuple(Layer(descriptor, diff_id) for descriptor, diff_id in pairs))


async def unpack_root(stores: Stores, operation: ImageRoot) -> Filesystem:
    """Make sure that the image's snapshots are there. After cancellation: no layer is half unpacked."""
    image = operation.image

    def work(stop: Stop) -> None:
        if image is not None:
            unpack(image, stores.content, stores.snapshotter, on_progress=lambda _: check(stop))

    await in_thread(work)
    return filesystem(operation)
