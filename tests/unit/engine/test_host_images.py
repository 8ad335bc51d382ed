"""Tests of engine.host_images; what an image shows is seen in tests/integration/api/routes/test_host_images.py."""

from __future__ import annotations

import threading
from pathlib import Path

from jupyter_containers.engine.host_images import name_of, show
from jupyter_containers.engine.image_removal import User
from jupyter_containers.images.host_folders import Shown
from jupyter_containers.images.walk import Image
from jupyter_containers.oci.reference import Reference
from tests.support.stores import Rooms, with_rooms
from tests.support.tiny_image import image, layer

OURS = [image(layer({"folder": name})) for name in (b"a", b"b", b"c")]


def test_each_set_of_folders_has_its_own_name() -> None:
    folder, other = Path("/srv/a"), Path("/srv/b")
    names = [name_of(shown) for shown in (Shown((folder,)), Shown((), (folder,)), Shown((folder, other)))]
    assert len({str(name) for name in names}) == 3
    assert name_of(Shown((folder,))) == names[0]
    assert names[0].familiar.startswith("host:")


def test_what_nobody_has_asked_for_for_an_hour_goes_unless_a_container_stands_on_it(tmp_path: Path) -> None:
    folders = [Shown((Path(f"/srv/{name}"),)) for name in "abc"]

    async def use(rooms: Rooms) -> None:
        images = rooms.images
        made = dict(zip(folders, [await rooms.load({f"x:{n}": one}) for n, one in enumerate(OURS)], strict=True))
        images.make_host = made.__getitem__
        for number in range(len(OURS)):
            images.untag(images.record(f"x:{number}"), Reference.parse(f"x:{number}"))
        images.tag(images.view(images.add(made[folders[0]])), Reference.parse("host:mine"))
        used = made[folders[1]].config_digest
        images.users = lambda image_id: [User("c0ffee", False)] if image_id == used else []

        async def shown_at(time: str, folder: Shown) -> set[str]:
            images._now = lambda: f"2026-01-02T{time}Z"
            await show(images, folder)
            return {name.familiar for name in images.tags_of(Reference.parse("host"))}

        a, b, c = (name_of(folder).familiar for folder in folders)
        assert await shown_at("03:00:00", folders[0]) == {"host:mine", a}
        assert await shown_at("03:00:00", folders[1]) == {"host:mine", a, b}
        assert await shown_at("03:59:59", folders[2]) == {"host:mine", a, b, c}
        assert await shown_at("04:00:01", folders[2]) == {"host:mine", b, c}

    with_rooms(tmp_path, use)


def test_the_loop_goes_on_while_folders_are_walked(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        made, threads = await rooms.load({"x:1": OURS[0]}), list[threading.Thread]()

        def make(_shown: Shown) -> Image:
            threads.append(threading.current_thread())
            return made

        rooms.images.make_host = make
        await show(rooms.images, Shown((Path("/srv/a"),)))
        assert threads != [threading.current_thread()]

    with_rooms(tmp_path, use)
