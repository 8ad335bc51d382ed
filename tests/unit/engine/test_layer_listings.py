"""Tests of engine.layer_listings; what is answered is seen in tests/integration/api/routes/test_layers.py."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from jupyter_containers.engine.images import ImageNotFound
from jupyter_containers.engine.layer_listings import AT_ONCE, LayerListings
from jupyter_containers.errors import Unavailable
from tests.support.stores import Rooms, with_rooms
from tests.support.tiny_image import image, layer

ONE = image(layer({"one": b"1"}))


def test_an_image_stays_while_it_is_read(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        await rooms.load({"one": ONE})
        listings = LayerListings(rooms.images, rooms.content)
        async with listings.opened("one") as view:
            await rooms.images.remove("one")
            await rooms.garbage.collect()
            assert rooms.content.contains(view.image.manifest.layers[0].digest)
        with pytest.raises(ImageNotFound):
            async with listings.opened("one"):
                pass

    with_rooms(tmp_path, use)


def test_so_many_at_once_and_no_more(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        await rooms.load({"one": ONE})
        listings = LayerListings(rooms.images, rooms.content)
        async with AsyncExitStack() as stack:
            for _ in range(AT_ONCE):
                await stack.enter_async_context(listings.opened("one"))
            with pytest.raises(Unavailable, match=f"layers of {AT_ONCE} images"):
                await stack.enter_async_context(listings.opened("one"))
        async with listings.opened("one"):
            pass

    with_rooms(tmp_path, use)
