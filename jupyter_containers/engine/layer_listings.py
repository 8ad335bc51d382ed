"""Layers that are looked into: which image a name means, and that nothing of it goes while it is read.

So many at once and no more: each takes a thread, and a reader that stops keeps it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from jupyter_containers.content.store import ContentStore
from jupyter_containers.engine.garbage import Needed
from jupyter_containers.engine.images import Images, ImageView
from jupyter_containers.errors import Unavailable

AT_ONCE = 8


class LayerListings:
    """Opens the layers of images of one data root."""

    def __init__(self, images: Images, content: ContentStore) -> None:
        self._images = images
        self.content = content
        self._open = 0

    @asynccontextmanager
    async def opened(self, name: str) -> AsyncIterator[ImageView]:
        """Give an image by its name or id, kept as long as the block lasts. Raises ImageNotFound, Unavailable."""
        if self._open >= AT_ONCE:
            raise Unavailable(f"layers of {AT_ONCE} images are being read already; ask again when one has been")
        self._open += 1
        found: list[ImageView] = []

        def choose() -> Needed:
            found.append(self._images.view(self._images.record(name)))
            return self._images.needs(found[0].record)

        try:
            async with self._images.garbage.keeping(choose):
                yield found[0]
        finally:
            self._open -= 1
