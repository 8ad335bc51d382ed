from __future__ import annotations

import pytest

from jupyter_containers.engine.shelf import KEPT_AT_MOST, KEPT_SECONDS, Shelf
from jupyter_containers.errors import NotFound


def test_what_is_put_there_is_found_until_it_is_removed() -> None:
    shelf: Shelf[int] = Shelf("number")
    name = shelf.put(1)
    assert (shelf.find(name), shelf.all(), shelf.remove(name), shelf.all()) == (1, [1], 1, [])
    for forgotten in (shelf.find, shelf.remove):
        with pytest.raises(NotFound, match=f"no number is kept as {name}"):
            forgotten(name)


def test_what_nobody_takes_goes_after_a_while() -> None:
    now = [0.0]
    shelf: Shelf[int] = Shelf("number", monotonic=lambda: now[0])
    shelf.put(1)
    now[0] = KEPT_SECONDS / 2
    shelf.put(2)
    assert shelf.all() == [1, 2]
    now[0] = KEPT_SECONDS
    assert shelf.all() == [2]


def test_what_is_held_stays_and_its_time_begins_anew() -> None:
    now = [0.0]
    shelf: Shelf[int] = Shelf("number", monotonic=lambda: now[0])
    name = shelf.put(1)
    with shelf.held(name) as number:
        now[0] = 2 * KEPT_SECONDS
        assert (number, shelf.all()) == (1, [1])
    now[0] += KEPT_SECONDS - 1
    assert shelf.all() == [1]
    now[0] += 1
    assert shelf.all() == []


def test_what_is_removed_while_it_is_held_is_gone() -> None:
    shelf: Shelf[int] = Shelf("number")
    name = shelf.put(1)
    with shelf.held(name):
        shelf.remove(name)
    assert shelf.all() == []


def test_there_is_room_for_so_many() -> None:
    shelf: Shelf[int] = Shelf("number")
    for number in range(KEPT_AT_MOST + 1):
        shelf.put(number)
    assert shelf.all() == list(range(1, KEPT_AT_MOST + 1))
