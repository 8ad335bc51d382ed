"""Exports: which images a list of names means, and that they stay while they are written."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest

from jupyter_containers.engine.exports import Exports
from jupyter_containers.engine.images import ImageNotFound
from jupyter_containers.errors import InvalidParameter, NotFound
from jupyter_containers.oci.platform import Platform
from tests.support.stores import Rooms, with_rooms
from tests.support.tiny_image import image, layer

ONE = image(layer({"one": b"1"}))
TWO = image(layer({"two": b"2"}))


async def saved(rooms: Rooms, *names: str, platform: Platform | None = None) -> list[tuple[str, list[str]]]:
    """Return config and names of what is saved."""
    buffer = io.BytesIO()
    async with Exports(rooms.images, rooms.content).saving(names, platform) as write_to:
        write_to(buffer.write)
    buffer.seek(0)
    with tarfile.open(fileobj=buffer) as archive:
        file = archive.extractfile("manifest.json")
        assert file is not None
        return [(entry["Config"][-64:], entry["RepoTags"] or []) for entry in json.loads(file.read())]


def test_names_ids_and_whole_repositories(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        await rooms.load({"one:a": ONE, "one:b": TWO, "two": TWO})
        one, two = ONE.image_id.hex, TWO.image_id.hex
        assert await saved(rooms, "one:a") == [(one, ["one:a"])]
        assert await saved(rooms, "one") == [(one, ["one:a"]), (two, ["one:b"])]
        assert await saved(rooms, "two", one[:12], "one:b", f"sha256:{two}") == [
            (two, ["two:latest", "one:b"]),
            (one, []),
        ]
        assert len(rooms.told("save")) == 7

    with_rooms(tmp_path, use)


def test_what_cannot_be_saved_is_refused(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        await rooms.load({"one": ONE})
        with pytest.raises(ImageNotFound, match=r"No such image: ghost$"):
            await saved(rooms, "one", "ghost")
        with pytest.raises(InvalidParameter, match="names is empty"):
            await saved(rooms)
        with pytest.raises(NotFound, match="does not provide the specified platform"):
            await saved(rooms, "one", platform=Platform("linux", "s390x"))

    with_rooms(tmp_path, use)


def test_what_is_being_saved_stays_although_its_name_goes(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        await rooms.load({"one": ONE})
        buffer = io.BytesIO()
        async with Exports(rooms.images, rooms.content).saving(["one"]) as write_to:
            await rooms.images.remove("one")
            write_to(buffer.write)
        await rooms.garbage.collect()
        assert list(rooms.content) == []
        assert b"oci-layout" in buffer.getvalue()

    with_rooms(tmp_path, use)
