"""The stream of events: order, history, slow listeners."""

from __future__ import annotations

import asyncio

import pytest

from jupyter_containers.engine import events as module
from jupyter_containers.engine.events import Events
from jupyter_containers.errors import Unavailable


def test_a_listener_hears_what_is_published_after_it_came() -> None:
    async def main() -> list[str]:
        events = Events()
        events.publish("container", "create", "a")
        with events.subscribe() as subscription:
            events.publish("container", "start", "a", {"name": "web"})
            events.publish("container", "die", "a")
            events.close()
            return [event.action async for event in subscription]

    assert asyncio.run(main()) == ["start", "die"]


def test_history_begins_at_the_moment_asked_for() -> None:
    ticks = iter([100, 200, 300])
    events = Events(clock_ns=lambda: next(ticks))
    for action in ("pull", "tag", "delete"):
        events.publish("image", action, "x")
    assert [event.action for event in events.since(200)] == ["tag", "delete"]


def test_a_listener_that_falls_behind_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "QUEUE_LENGTH", 3)

    async def main() -> list[str]:
        events, heard = Events(), []
        with events.subscribe() as subscription:
            for number in range(5):
                events.publish("container", str(number), "a")
            with pytest.raises(Unavailable, match="more than 3 events"):
                async for event in subscription:
                    heard.append(event.action)
        return heard

    assert asyncio.run(main()) == ["0", "1", "2"]


def test_a_listener_that_left_gets_nothing_more() -> None:
    async def main() -> None:
        events = Events()
        with events.subscribe():
            pass
        events.publish("container", "start", "a")
        events.close()

    asyncio.run(main())
