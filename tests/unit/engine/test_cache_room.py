"""Tests of engine.cache_room."""

from __future__ import annotations

import pytest

from jupyter_containers.engine.cache_room import NO_ROOM, Prunable, Room, chosen

PARTS = (Prunable(3.0, "new", 10), Prunable(1.0, "old", 10), Prunable(2.0, "middle", 30))


@pytest.mark.parametrize(
    ("room", "free", "kept"),
    [
        (NO_ROOM, 0, 0),
        (Room(most=40), 0, 40),
        (Room(reserved=30), 0, 30),
        (Room(most=20, reserved=30), 0, 30),
        (Room(free=100), 100, 50),
        (Room(free=100), 90, 40),
        (Room(free=100), 10, 0),
        (Room(free=100, reserved=20), 10, 20),
        (Room(most=45, free=100), 90, 40),
        (Room(most=35, free=100), 90, 35),
    ],
)
def test_what_is_kept_of_fifty_bytes(room: Room, free: int, kept: int) -> None:
    assert room.bytes_kept(50, free=free) == kept


@pytest.mark.parametrize(
    ("keep", "goes"),
    [
        (0, {"old", "middle", "new"}),
        (50, set()),
        (49, {"old"}),
        (40, {"old"}),
        (39, {"old", "middle"}),
        (1, {"old", "middle", "new"}),
    ],
)
def test_what_was_unused_for_longest_goes_first(keep: int, goes: set[str]) -> None:
    assert chosen(PARTS, 50, keep) == goes
