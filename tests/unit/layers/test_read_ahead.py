from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from jupyter_containers.layers.read_ahead import read_ahead


def test_chunks_come_in_order_from_another_thread() -> None:
    makers = set()

    def chunks() -> Iterator[bytes]:
        for number in range(50):
            makers.add(threading.get_ident())
            yield b"%d" % number

    with read_ahead(chunks()) as ahead:
        assert list(ahead) == [b"%d" % number for number in range(50)]
    assert makers
    assert threading.get_ident() not in makers


def test_an_error_of_the_maker_is_raised_where_the_chunks_are_used() -> None:
    def chunks() -> Iterator[bytes]:
        yield b"good"
        raise ValueError("broken")

    with read_ahead(chunks()) as ahead:
        assert next(ahead) == b"good"
        with pytest.raises(ValueError, match="broken"):
            next(ahead)


def test_the_thread_has_ended_when_the_user_gives_up_early() -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b"x"

    before = threading.active_count()
    with pytest.raises(KeyError), read_ahead(endless()) as ahead:
        next(ahead)
        raise KeyError
    assert threading.active_count() == before


def test_no_more_is_made_than_the_depth_allows() -> None:
    made = 0

    def chunks() -> Iterator[bytes]:
        nonlocal made
        for _ in range(1000):
            made += 1
            yield b"x"

    with read_ahead(chunks(), 2) as ahead:
        next(ahead)
    assert made < 10
