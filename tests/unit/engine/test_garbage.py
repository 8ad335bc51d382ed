"""Garbage: what is needed stays, work and collection keep out of each other's way, leftovers go."""

from __future__ import annotations

import asyncio
import contextlib
import os
from pathlib import Path

import pytest

from jupyter_containers.engine.garbage import STALE_INGEST_SECONDS, Collected, Needed
from jupyter_containers.errors import ContainersError, Unavailable
from jupyter_containers.oci.snapshot_record import LABEL_PLACES
from tests.support.stores import Rooms, with_rooms


def commit(rooms: Rooms, name: str, parent: str | None = None) -> None:
    rooms.snapshots.prepare(f"active {name}", parent)
    rooms.snapshots.commit(name, f"active {name}")


def test_what_is_needed_stays_with_its_parents_and_all_else_goes(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        commit(rooms, "base")
        commit(rooms, "needed", "base")
        commit(rooms, "child", "needed")
        commit(rooms, "grandchild", "child")
        kept, lost = rooms.content.write(b"kept"), rooms.content.write(b"lost")
        rooms.garbage.protect(lambda: [Needed(frozenset({kept}), frozenset({"needed"}))])
        collected = await rooms.garbage.collect()
        assert collected.snapshots == ("grandchild", "child")
        assert rooms.committed() == {"base", "needed"}
        assert rooms.content.contains(kept)
        assert not rooms.content.contains(lost)
        assert collected.freed_bytes >= len(b"lost")

    with_rooms(tmp_path, use)


def test_what_somebody_writes_to_stays_with_what_it_stands_on(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        commit(rooms, "base")
        rooms.snapshots.prepare("container:1", "base")
        await rooms.garbage.collect()
        assert rooms.committed() == {"base", "container:1"}

    with_rooms(tmp_path, use)


def test_nothing_goes_while_work_is_under_way_and_it_is_made_up_for_afterwards(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        async with rooms.garbage.working():
            async with rooms.garbage.working():
                half_made = rooms.content.write(b"half made")
                assert await rooms.garbage.collect() == Collected()
            await rooms.garbage.close()
            assert rooms.content.contains(half_made), "the other work is still under way"
        await rooms.garbage.close()
        assert not rooms.content.contains(half_made)

    with_rooms(tmp_path, use)


def test_work_that_begins_during_a_collection_waits_for_its_end(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        for number in range(50):
            commit(rooms, f"layer {number}")
        collection = asyncio.ensure_future(rooms.garbage.collect())
        for _ in range(3):  # the caller's turn, the collection's, and what it asks for
            await asyncio.sleep(0)
        async with rooms.garbage.working():
            assert rooms.committed() == set()
        assert len((await collection).snapshots) == 50

    with_rooms(tmp_path, use)


def test_a_caller_who_gives_up_does_not_end_the_collection(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        blob = rooms.content.write(b"garbage")
        collection = asyncio.ensure_future(rooms.garbage.collect())
        await asyncio.sleep(0)
        collection.cancel()
        await rooms.garbage.close()
        assert not rooms.content.contains(blob)

    with_rooms(tmp_path, use)


def test_downloads_that_broke_off_long_ago_go_and_recent_ones_stay(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        for key in ("old", "recent"):
            with rooms.content.ingest(key) as ingest:
                ingest.write(b"partial")
                ingest.suspend()
        names = sorted((tmp_path / "content" / "ingest").iterdir())
        os.utime(names[0], (0, 0))
        assert names[1].stat().st_mtime > STALE_INGEST_SECONDS
        collected = await rooms.garbage.collect()
        assert not names[0].exists()
        assert names[1].exists()
        assert collected.freed_bytes == len(b"partial")

    with_rooms(tmp_path, use)


def test_one_that_cannot_be_removed_does_not_keep_the_others(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        commit(rooms, "base")
        rooms.garbage.protect(lambda: [Needed(snapshots=frozenset({"not there"}))])
        blob = rooms.content.write(b"garbage")
        (tmp_path / "snapshots").rename(tmp_path / "elsewhere")
        (tmp_path / "snapshots").write_text("not a directory")
        await rooms.garbage.collect()
        assert not rooms.content.contains(blob)

    with_rooms(tmp_path, use)


@pytest.mark.parametrize(
    ("resumable", "error", "stays"),
    [
        (False, ContainersError("wrong"), False),
        (False, Unavailable("gone"), False),
        (False, asyncio.CancelledError(), False),
        (True, ContainersError("wrong"), False),
        (True, Unavailable("gone"), True),
        (True, asyncio.CancelledError(), True),
    ],
)
def test_what_a_failure_leaves_goes_unless_it_is_worth_continuing(
    tmp_path: Path, resumable: bool, error: BaseException, stays: bool
) -> None:
    async def use(rooms: Rooms) -> None:
        with contextlib.suppress(type(error)):
            async with rooms.garbage.working(resumable=resumable):
                half_made = rooms.content.write(b"half made")
                raise error
        await rooms.garbage.close()
        assert rooms.content.contains(half_made) is stays

    with_rooms(tmp_path, use)


def test_what_is_read_stays_while_the_rest_goes(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        read, lost = rooms.content.write(b"read"), rooms.content.write(b"lost")
        async with rooms.garbage.keeping(lambda: Needed(frozenset({read}))):
            await rooms.garbage.collect()
            assert (rooms.content.contains(read), rooms.content.contains(lost)) == (True, False)
        await rooms.garbage.close()
        assert not rooms.content.contains(read), "what lost its last name meanwhile goes at the end"

    with_rooms(tmp_path, use)


def test_reading_that_begins_during_a_collection_asks_after_it(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        rooms.content.write(b"doomed")
        collecting = asyncio.ensure_future(rooms.garbage.collect())
        while not rooms.garbage._lock.locked():
            await asyncio.sleep(0)
        async with rooms.garbage.keeping(lambda: Needed(frozenset(rooms.content))):
            assert list(rooms.content) == []
        await collecting

    with_rooms(tmp_path, use)


def test_places_to_mount_on_stay_as_long_as_what_they_stand_on(tmp_path: Path) -> None:
    async def use(rooms: Rooms) -> None:
        needed = {"base"}
        for name in ("base", "other"):
            commit(rooms, name)
            rooms.snapshots.prepare(f"active places:{name}", name)
            rooms.snapshots.commit(f"places:{name}", f"active places:{name}", labels={LABEL_PLACES: "true"})
        rooms.garbage.protect(lambda: [Needed(snapshots=frozenset(needed))])
        await rooms.garbage.collect()
        assert rooms.committed() == {"base", "places:base"}
        needed.clear()
        await rooms.garbage.collect()
        assert rooms.committed() == set()

    with_rooms(tmp_path, use)
