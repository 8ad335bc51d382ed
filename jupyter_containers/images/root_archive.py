"""An image's root as a plain tar, without its layers: what a build hands out as a folder or a tar."""

from __future__ import annotations

import os
from collections.abc import Callable

from jupyter_containers.content.store import ContentStore
from jupyter_containers.errors import Unsupported
from jupyter_containers.images.unpack import unpack
from jupyter_containers.images.walk import Image
from jupyter_containers.layers import archive
from jupyter_containers.layers.tar_writer import TarWriter
from jupyter_containers.snapshots.snapshotter import Snapshotter


def write_root(
    image: Image,
    content: ContentStore,
    snapshotter: Snapshotter,
    write: Callable[[bytes], object],
    *,
    mtime_ns: int | None = None,
) -> None:
    """Write all files of an image as a tar; it is unpacked first if it must be. An image without layers has none.

    With `mtime_ns` all files are of that moment. Raises Unsupported for an image that stands on this machine's own
    root, and what unpack raises, both before anything is written.
    """
    if image.is_host:
        raise Unsupported(
            "cannot hand out the root of a build that stands on this machine's own root, which does not leave it; "
            "copy what you need into a stage FROM scratch"
        )
    unpack(image, content, snapshotter)
    if not image.top:
        TarWriter(write).finish()
        return
    with snapshotter.mounted(image.top, read_only=True) as root:
        root_fd = os.open(root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            archive.pack(root_fd, "/", write, name="", mtime_ns=mtime_ns)
        finally:
            os.close(root_fd)
