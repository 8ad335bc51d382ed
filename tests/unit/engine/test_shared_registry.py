"""Tests of engine.shared_registry: it begins, ends and begins again, and knows what was pushed to it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from jupyter_containers.engine.shared_registry import SharedRegistry
from jupyter_containers.engine.sharing import Wanted
from jupyter_containers.errors import InvalidParameter
from tests.support import tiny_image
from tests.support.own_registry import OwnRegistry
from tests.support.stores import Rooms, with_rooms

IMAGE = tiny_image.image(tiny_image.layer({"a": b"1"}))
HERE = Wanted(listen="127.0.0.1:0")


def client_of(url: str) -> OwnRegistry:
    client = OwnRegistry(Path())
    client.address = url.partition("//")[2]
    return client


def test_what_was_pushed_is_known_while_it_serves_and_after(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        registry = SharedRegistry(rooms.images, rooms.content, tmp_path / "sharing")
        assert registry.digests() == frozenset()
        client = client_of(await registry.begin(HERE))
        await asyncio.to_thread(client.push_image, "tool", "1", IMAGE)
        await registry.end()
        assert registry.digests() == {*IMAGE.blobs, IMAGE.digest}
        with pytest.raises(OSError, match="refused"):
            await asyncio.to_thread(client.request, "GET", "/v2/")
        again = client_of(await registry.begin(HERE))
        assert (await asyncio.to_thread(again.request, "GET", "/v2/tool/manifests/1")).content == IMAGE.manifest
        await registry.end()
        assert SharedRegistry(rooms.images, rooms.content, tmp_path / "sharing").digests() == registry.digests()

    with_rooms(tmp_path, use)


def test_it_can_begin_after_it_was_refused(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        registry = SharedRegistry(rooms.images, rooms.content, tmp_path / "sharing")
        with pytest.raises(InvalidParameter, match="without TLS"):
            await registry.begin(Wanted(listen="0.0.0.0:0"))
        await registry.end()
        assert (await registry.begin(HERE)).startswith("http://127.0.0.1:")
        await registry.end()

    with_rooms(tmp_path, use)
