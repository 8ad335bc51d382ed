"""The answers to who waits for a container, or reads its log; with real ones: tests/integration/api/routes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import aiohttp

from jupyter_containers.api.server import Server
from jupyter_containers.engine.containers.container import Container
from jupyter_containers.engine.containers.record import Record, State, Status
from jupyter_containers.errors import ContainersError


def test_a_removal_that_fails_is_told_to_who_waits_for_it(tmp_path: Path) -> None:
    async def run() -> None:
        container = Container(Record("ab" * 32, "web", 1, "sha256:x", state=State(Status.EXITED, exit_code=3)))
        containers = SimpleNamespace(find=lambda _name: container, wait=lambda one, condition: one.wait(condition))
        server = Server(cast(Any, SimpleNamespace(containers=containers)))
        await server.listen(f"unix://{tmp_path}/s")
        try:
            async with aiohttp.ClientSession(connector=aiohttp.UnixConnector(f"{tmp_path}/s")) as session:
                async with session.post("http://x/v1.51/containers/web/wait?condition=removed") as answer:
                    container.tell_removal_failed(ContainersError("cannot remove it"))
                    assert await answer.json() == {"StatusCode": 3, "Error": {"Message": "cannot remove it"}}
                async with session.post("http://x/v1.51/containers/web/wait?condition=removed") as answer:
                    container.tell_removed()
                    assert await answer.json() == {"StatusCode": 3}
        finally:
            await server.close()

    asyncio.run(asyncio.wait_for(run(), 10))


def test_a_log_is_open_before_the_answer_begins(tmp_path: Path) -> None:
    """Who has read the answer's head may have the container removed, and then read on, as docker-py does."""

    @asynccontextmanager
    async def logs(_container: Container, _query: object) -> AsyncIterator[object]:
        raise ContainersError("the log cannot be opened")
        yield

    async def run() -> None:
        container = Container(Record("ab" * 32, "web", 1, "sha256:x", state=State(Status.EXITED)))
        containers = SimpleNamespace(find=lambda _name: container, check_logs=lambda *_: None, logs=logs)
        server = Server(cast(Any, SimpleNamespace(containers=containers)))
        await server.listen(f"unix://{tmp_path}/s")
        try:
            url = "http://x/v1.51/containers/web/logs?stdout=1&follow=1"
            async with (
                aiohttp.ClientSession(connector=aiohttp.UnixConnector(f"{tmp_path}/s")) as session,
                session.get(url) as answer,
            ):
                assert (answer.status, await answer.json()) == (500, {"message": "the log cannot be opened"})
        finally:
            await server.close()

    asyncio.run(asyncio.wait_for(run(), 10))
