"""aiodocker, the client for asyncio, against a daemon: version, run, logs, attach, exec."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.support.daemon import Docker

aiodocker = pytest.importorskip("aiodocker", reason="the package aiodocker is not installed (pip install aiodocker)")

Work = Callable[[Any], Awaitable[None]]


@pytest.fixture
def use(docker: Docker) -> Callable[[Work], None]:
    """Run a coroutine function with a client."""

    def use(work: Work) -> None:
        async def whole() -> None:
            async with aiodocker.Docker(url=docker.host) as client:
                await asyncio.wait_for(work(client), 60)

        asyncio.run(whole())

    return use


@pytest.fixture
def name() -> str:
    return f"a{uuid.uuid4().hex[:12]}"


def test_the_version_is_negotiated(use: Callable[[Work], None]) -> None:
    async def work(client: Any) -> None:
        version = await client.version()
        assert version["MinAPIVersion"] <= version["ApiVersion"]
        assert (await client.system.info())["OSType"] == "linux"

    use(work)


def test_a_container_runs_and_its_logs_are_read(use: Callable[[Work], None], name: str) -> None:
    async def work(client: Any) -> None:
        config = {"Image": "busybox", "Cmd": ["sh", "-c", "echo out; echo err >&2; exit 3"]}
        container = await client.containers.create_or_replace(name=name, config=config)
        try:
            await container.start()
            assert (await container.wait())["StatusCode"] == 3
            assert await container.log(stdout=True) == ["out\n"]
            assert await container.log(stderr=True) == ["err\n"]
            assert [line async for line in container.log(stdout=True, follow=True)] == ["out\n"]
            assert (await container.show())["State"]["ExitCode"] == 3
        finally:
            await container.delete(force=True)

    use(work)


def test_attach_is_two_way(use: Callable[[Work], None], name: str) -> None:
    async def work(client: Any) -> None:
        config = {"Image": "busybox", "Cmd": ["cat"], "OpenStdin": True, "AttachStdin": True, "AttachStdout": True}
        container = await client.containers.create(config=config, name=name)
        try:
            await container.start()
            async with container.attach(stdin=True, stdout=True, stderr=True) as stream:
                await stream.write_in(b"hello\n")
                message = await stream.read_out()
                assert (message.stream, message.data) == (1, b"hello\n")
        finally:
            await container.delete(force=True)

    use(work)


def test_exec_gives_output_and_code(use: Callable[[Work], None], name: str) -> None:
    async def work(client: Any) -> None:
        container = await client.containers.run({"Image": "busybox", "Cmd": ["sleep", "600"]}, name=name)
        try:
            execute = await container.exec(["sh", "-c", "echo out; exit 4"])
            async with execute.start(detach=False) as stream:
                message = await stream.read_out()
                assert message.data == b"out\n"
                assert await stream.read_out() is None
            assert (await execute.inspect())["ExitCode"] == 4
        finally:
            await container.delete(force=True)

    use(work)


def test_a_missing_container_is_an_error_with_its_status(use: Callable[[Work], None], name: str) -> None:
    async def work(client: Any) -> None:
        with pytest.raises(aiodocker.DockerError) as caught:
            await client.containers.get(name)
        assert caught.value.status == 404

    use(work)
