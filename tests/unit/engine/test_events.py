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
        with events.subscribe() as (_, subscription):
            events.publish("container", "start", "a", {"name": "web"})
            events.publish("container", "die", "a")
            events.close()
            return [event.action async for event in subscription]

    assert asyncio.run(main()) == ["start", "die"]


def test_history_is_given_once_and_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        events = Events()
        for number in range(module.KEPT + 2):
            events.publish("image", str(number), "x")
        with events.subscribe() as (past, subscription):
            events.publish("image", "new", "x")
            events.close()
            assert [event.action async for event in subscription] == ["new"]
            assert events.listeners() == 1
        assert [event.action for event in past] == [str(number) for number in range(2, module.KEPT + 2)]
        assert events.listeners() == 0

    asyncio.run(main())


def test_what_threads_publish_wakes_a_listener() -> None:
    async def main() -> list[str]:
        events, heard = Events(), []
        with events.subscribe() as (_, subscription):
            threads = [asyncio.to_thread(events.publish, "container", "export", str(n)) for n in range(20)]
            gathered = asyncio.gather(*threads)
            async for event in subscription:
                heard.append(event.actor_id)
                if len(heard) == len(threads):
                    break
            await gathered
        return heard

    assert sorted(asyncio.run(main()), key=int) == [str(n) for n in range(20)]


def test_a_listener_that_falls_behind_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "QUEUE_LENGTH", 3)

    async def main() -> list[str]:
        events, heard = Events(), []
        with events.subscribe() as (_, subscription):
            for number in range(5):
                events.publish("container", str(number), "a")
            with pytest.raises(Unavailable, match="more than 3 events"):
                async for event in subscription:
                    heard.append(event.action)
        return heard

    assert asyncio.run(main()) == ["0", "1", "2"]


def test_a_listener_that_left_gets_nothing_more() -> None:
    async def main() -> list[str]:
        events = Events()
        with events.subscribe() as (_, subscription):
            events.publish("container", "create", "a")
        events.publish("container", "start", "a")
        subscription.offer(None)
        return [event.action async for event in subscription]

    assert asyncio.run(main()) == ["create"]
