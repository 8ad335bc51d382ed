from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from jupyter_containers.build.operations.caches import PREFIX, CacheDirectories
from jupyter_containers.build.operations.definitions import StepMount
from tests.support.build_site import BuildSite

pytestmark = pytest.mark.needs("root", "overlay")


def mount(sharing: str) -> StepMount:
    return StepMount("cache", "/c", identity="c", writable=True, sharing=sharing)


def keys(site: BuildSite) -> set[str]:
    return {record.key for record in site.snapshots.walk() if record.key.startswith(PREFIX)}


@pytest.mark.parametrize(("sharing", "count"), [("shared", 1), ("private", 2)])
def test_two_at_once_share_it_or_have_one_each(site: BuildSite, sharing: str, count: int) -> None:
    caches = CacheDirectories(site.snapshots)

    async def scenario() -> None:
        async with AsyncExitStack() as stack:
            taken = [await stack.enter_async_context(caches.taken(mount(sharing), None)) for _ in range(2)]
            assert len(set(taken)) == count
        async with caches.taken(mount(sharing), None) as key:
            assert key in taken, "what is free again is used again"

    asyncio.run(scenario())
    assert len(keys(site)) == count


def test_a_locked_one_is_had_by_one_after_the_other(site: BuildSite) -> None:
    caches = CacheDirectories(site.snapshots)
    order: list[str] = []

    async def use(name: str) -> None:
        async with caches.taken(mount("locked"), None):
            order.append(name)
            await asyncio.sleep(0)
            order.append(name)

    async def scenario() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(use("a"))
            group.create_task(use("b"))

    asyncio.run(scenario())
    assert order in (["a", "a", "b", "b"], ["b", "b", "a", "a"])


def test_what_is_in_use_is_not_forgotten(site: BuildSite) -> None:
    caches = CacheDirectories(site.snapshots)

    async def scenario() -> None:
        async with caches.taken(mount("shared"), None) as key:
            await caches.forget_unused()
            assert keys(site) == {key}
        await caches.forget_unused()

    asyncio.run(scenario())
    assert keys(site) == set()
