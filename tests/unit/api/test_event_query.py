"""Which events are asked for: moments and filters."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_containers.api.event_query import EventQuery
from jupyter_containers.engine.events import Event
from jupyter_containers.errors import InvalidParameter

NOW = 1_000_000 * 10**9
START = Event("container", "start", "c0ffee", {"name": "web", "image": "busybox:1", "tier": "front"}, NOW)
EXEC = Event("container", "exec_start: sh -c true", "c0ffee", {"name": "web"}, NOW)
PULL = Event("image", "pull", "busybox:1", {"name": "busybox"}, NOW)
MOUNT = Event("volume", "mount", "data", {"driver": "local"}, NOW)
EVERY = (START, EXEC, PULL, MOUNT)


def query(since: str | None = None, until: str | None = None, **filters: Any) -> EventQuery:
    return EventQuery.read(since, until, {name: tuple(values) for name, values in filters.items()}, now=NOW)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("5", 5 * 10**9),
        ("0", 0),
        ("-1", -(10**9)),
        ("1.5", 1_500_000_000),
        ("1.123456789123", 1_123_456_789),
        ("1970-01-01T00:00:05Z", 5 * 10**9),
        ("1970-01-01T02:00:05.000000007+02:00", 5 * 10**9 + 7),
        ("1970-01-01T00:00:05", 5 * 10**9),
        ("1970-01-02", 86400 * 10**9),
        ("10m", NOW - 600 * 10**9),
        ("1h30m1.5s", NOW - 5401_500_000_000),
        ("250ms", NOW - 250_000_000),
        ("", None),
        (None, None),
    ],
)
def test_a_moment_is_read_in_each_form(text: str | None, moment: int | None) -> None:
    assert query(since=text).since == moment


@pytest.mark.parametrize("text", ["yesterday", "1.x", "5d", "2020-13-01", "--1", " "])
def test_what_is_no_moment_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidParameter, match="parameter until must be"):
        query(until=text)


@given(st.text())
def test_any_text_is_a_moment_or_refused(text: str) -> None:
    try:
        query(since=text)
    except InvalidParameter:
        pass


@given(st.integers(0, 2**40), st.integers(0, 10**9 - 1))
def test_a_moment_keeps_its_nanoseconds(seconds: int, fraction: int) -> None:
    assert query(since=f"{seconds}.{fraction:09}").since == seconds * 10**9 + fraction


def test_the_end_is_not_before_the_beginning() -> None:
    with pytest.raises(InvalidParameter, match=r"`since` time \(5\) cannot be after `until` time \(1\)"):
        query("5", "1")
    assert query("5", "5").wants_past
    assert query(until="5").wants_past
    assert not query().wants_past


def test_nothing_after_the_end_matches() -> None:
    assert query(until="1000000").matches(START)
    assert not query(until="999999.999999999").matches(START)


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, EVERY),
        ({"type": ["container", "volume"]}, (START, EXEC, MOUNT)),
        ({"event": ["start"]}, (START,)),
        ({"event": ["exec_start"]}, (EXEC,)),
        ({"event": ["exec_start: sh -c true"]}, (EXEC,)),
        ({"event": ["exec"]}, ()),
        ({"container": ["web"]}, (START, EXEC)),
        ({"container": ["c0f"]}, (START, EXEC)),
        ({"container": ["data"]}, ()),
        ({"container": [""]}, ()),
        ({"container": ["web"], "event": ["start", "die"]}, (START,)),
        ({"image": ["busybox"]}, (START, PULL)),
        ({"image": ["busybox:1"]}, (START, PULL)),
        ({"image": ["busy"]}, ()),
        ({"volume": ["data"]}, (MOUNT,)),
        ({"label": ["tier"]}, (START,)),
        ({"label": ["tier=front", "tier=back"]}, ()),
        ({"scope": ["local"]}, EVERY),
        ({"scope": ["swarm"]}, ()),
        ({"plugin": ["x"]}, ()),
        ({"container": ["web"], "volume": ["data"]}, ()),
    ],
)
def test_filters_pick_as_dockerd_does(filters: dict[str, list[str]], found: tuple[Event, ...]) -> None:
    wanted = query(**filters)
    assert tuple(event for event in EVERY if wanted.matches(event)) == found


def test_an_id_of_an_image_is_not_cut_at_its_colon() -> None:
    tagged = Event("image", "tag", "sha256:abc", {"name": "host:5000/x"}, NOW)
    assert query(image=["sha256:abc"]).matches(tagged)
    assert query(image=["host:5000/x"]).matches(tagged)
    assert not query(image=["sha256"]).matches(tagged)
    assert not query(image=["host"]).matches(tagged)
