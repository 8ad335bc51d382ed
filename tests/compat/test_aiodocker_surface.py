"""aiodocker, all of it: what test_aiodocker.py does not do already."""

from __future__ import annotations

import asyncio
import gc
import io
import tarfile
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.support import tiny_image
from tests.support.daemon import Docker
from tests.support.docker_archive import docker_archive

aiodocker = pytest.importorskip("aiodocker", reason="the package aiodocker is not installed (pip install aiodocker)")

# aiodocker leaves connections of events to the garbage collector, and warns of what tests send.
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning", "ignore::DeprecationWarning"
)

Work = Callable[[Any], Awaitable[None]]
Use = Callable[[Work], None]


@pytest.fixture
def use(docker: Docker) -> Use:
    """Run a coroutine function with a client."""

    def use(work: Work) -> None:
        async def whole() -> None:
            async with aiodocker.Docker(url=docker.host) as client:
                await asyncio.wait_for(work(client), 60)

        asyncio.run(whole())
        gc.collect()  # while its warnings are still ignored

    return use


def sleeper(**more: Any) -> dict[str, Any]:
    return {"Image": "busybox", "Cmd": ["sleep", "600"], **more}


def context(**files: bytes) -> io.BytesIO:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for path, content in files.items():
            member = tarfile.TarInfo(path)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    buffer.seek(0)
    return buffer


def test_a_container_from_create_to_delete(use: Use, name: str) -> None:
    async def work(client: Any) -> None:
        box = await client.containers.create(sleeper(Labels={"course": name}), name=name)
        try:
            await box.start()
            listed = await client.containers.list(filters={"label": [f"course={name}"]})
            assert [one.id for one in listed] == [box.id]
            await box.pause()
            assert (await box.show())["State"]["Status"] == "paused"
            await box.unpause()
            await box.rename(f"{name}b")
            assert (await client.containers.get(f"{name}b")).id == box.id
            await box.restart(t=0)
            await box.stop(t=0)
            assert (await box.wait())["StatusCode"] == 137
            await box.start()
            await box.kill(signal="SIGKILL")
            assert (await box.show())["State"]["Running"] is False
        finally:
            await box.delete(force=True, v=True)
        with pytest.raises(aiodocker.DockerError):
            await client.containers.get(box.id)

    use(work)


def test_files_go_in_and_out(use: Use, name: str) -> None:
    async def work(client: Any) -> None:
        box = await client.containers.run(sleeper(), name=name)
        try:
            await box.put_archive("/tmp", context(hello=b"world").getvalue())
            tar = await box.get_archive("/tmp/hello")
            member = tar.extractfile("hello")
            assert member.read() == b"world"
        finally:
            await box.delete(force=True)

    use(work)


def test_stats_once_and_as_a_stream(use: Use, name: str) -> None:
    async def work(client: Any) -> None:
        box = await client.containers.run(sleeper(), name=name)
        try:
            (once,) = await box.stats(stream=False)
            assert once["memory_stats"]["usage"] > 0
            stream = box.stats(stream=True)
            seen = [await anext(stream), await anext(stream)]
            assert [one["name"] for one in seen] == [f"/{name}", f"/{name}"]
            await stream.aclose()
        finally:
            await box.delete(force=True)

    use(work)


def test_web_socket(use: Use, name: str) -> None:
    async def work(client: Any) -> None:
        config = {"Image": "busybox", "Cmd": ["cat"], "OpenStdin": True, "Tty": True, "AttachStdin": True}
        box = await client.containers.run(config, name=name)
        try:
            socket = await box.websocket(stdin=True, stdout=True, stderr=True, stream=True)
            await socket.send_str("hello\n")
            received = b""
            while received.count(b"hello\r\n") < 2:  # the terminal's echo, and cat's answer
                message = await socket.receive()
                received += message.data.encode() if isinstance(message.data, str) else message.data
            await socket.close()
        finally:
            await box.delete(force=True)

    use(work)


def test_exec_with_a_terminal_and_input(use: Use, name: str) -> None:
    async def work(client: Any) -> None:
        box = await client.containers.run(sleeper(), name=name)
        try:
            execute = await box.exec(["sh"], stdin=True, tty=True, workdir="/tmp", environment={"A": "b"}, user="alice")
            async with execute.start(detach=False) as stream:
                await execute.resize(h=33, w=44)
                await stream.write_in(b"stty size; pwd; id -un; echo $A; exit 3\n")
                content = b""
                while (message := await stream.read_out()) is not None:
                    content += message.data
            assert b"33 44\r\n/tmp\r\nalice\r\nb\r\n" in content
            assert (await execute.inspect())["ExitCode"] == 3
            detached = await box.exec(["true"])
            await detached.start(detach=True)
        finally:
            await box.delete(force=True)

    use(work)


def test_commit_and_prune(use: Use, name: str) -> None:
    async def work(client: Any) -> None:
        box = await client.containers.run(
            {"Image": "busybox", "Cmd": ["touch", "/made"], "Labels": {"p": name}}, name=name
        )
        await box.wait()
        made = await box.commit(repository=name, tag="one", message="why")
        try:
            assert (await client.images.inspect(f"{name}:one"))["Id"] == made["Id"]
            pruned = await client.containers.prune(filters={"label": [f"p={name}"]})
            assert pruned["ContainersDeleted"] == [box.id]
        finally:
            await client.images.delete(f"{name}:one", force=True)

    use(work)


def test_images_are_built_tagged_saved_and_loaded(use: Use, name: str) -> None:
    async def work(client: Any) -> None:
        file = b"FROM busybox\nARG WHO\nRUN echo $WHO > /who\n"
        built = client.images.build(
            fileobj=context(Dockerfile=file),
            encoding="identity",
            tag=f"{name}:one",
            buildargs={"WHO": "me"},
            stream=True,
        )
        lines = [line async for line in built]
        assert any(f"Successfully tagged {name}:one" in line.get("stream", "") for line in lines)
        assert "RUN" in (await client.images.history(f"{name}:one"))[0]["CreatedBy"] or "WHO" in str(lines)
        await client.images.tag(f"{name}:one", repo=name, tag="two")
        found = await client.images.list(filters={"reference": [name]})
        assert sorted(found[0]["RepoTags"]) == [f"{name}:one", f"{name}:two"]
        async with client.images.export_image(f"{name}:one") as content:
            archive = await content.read()
        for tag in ("one", "two"):
            await client.images.delete(f"{name}:{tag}")
        loaded = await client.images.import_image(archive)
        assert any(f"Loaded image: {name}:one" in line.get("stream", "") for line in loaded)
        await client.images.delete(f"{name}:one")
        with pytest.raises(aiodocker.DockerError) as caught:
            await client.images.inspect(f"{name}:one")
        assert caught.value.status == 404

    use(work)


def test_an_image_is_loaded_and_pruned(use: Use, name: str) -> None:
    async def work(client: Any) -> None:
        await client.images.import_image(
            docker_archive({f"{name}:latest": tiny_image.image(tiny_image.layer({"f": name.encode()}))})
        )
        await client.images.inspect(name)
        pruned = await client.images.prune(filters={"label": [f"nothing={name}"]})
        assert not pruned["ImagesDeleted"]
        await client.images.delete(name)

    use(work)


def test_networks(use: Use, name: str) -> None:
    async def work(client: Any) -> None:
        network = await client.networks.create({"Name": name, "Driver": "bridge", "Labels": {"course": name}})
        box = await client.containers.run(sleeper(), name=name)
        try:
            assert [one["Name"] for one in await client.networks.list(filters={"label": f"course={name}"})] == [name]
            await network.connect({"Container": name, "EndpointConfig": {"Aliases": ["other"]}})
            assert list((await network.show())["Containers"]) == [box.id]
            await network.disconnect({"Container": name})
            assert (await network.show())["Containers"] == {}
        finally:
            await box.delete(force=True)
            assert await network.delete() is True
        with pytest.raises(aiodocker.DockerError) as caught:
            await (await client.networks.get(name)).show()
        assert caught.value.status == 404

    use(work)


def test_volumes(use: Use, name: str) -> None:
    async def work(client: Any) -> None:
        volume = await client.volumes.create({"Name": name, "Labels": {"course": name}, "Driver": "local"})
        assert (await volume.show())["Labels"] == {"course": name}
        listed = await client.volumes.list(filters={"label": f"course={name}"})
        assert [one["Name"] for one in listed["Volumes"]] == [name]
        await volume.delete()
        with pytest.raises(aiodocker.DockerError):
            await client.volumes.get(name)

    use(work)


def test_events(use: Use, name: str) -> None:
    async def work(client: Any) -> None:
        subscriber = client.events.subscribe()
        await asyncio.sleep(0)
        deadline = time.monotonic() + 30
        box = await client.containers.run({"Image": "busybox", "Cmd": ["true"]}, name=name)
        try:
            actions: list[str] = []
            while "die" not in actions and time.monotonic() < deadline:
                event = await asyncio.wait_for(subscriber.get(), 30)
                if event["Actor"]["ID"] == box.id:
                    actions.append(event["Action"])
            assert [action for action in actions if action in ("start", "die")] == ["start", "die"]
        finally:
            await box.delete(force=True)

    use(work)


def test_the_daemon(use: Use) -> None:
    async def work(client: Any) -> None:
        assert (await client.system.info())["OSType"] == "linux"
        assert (await client.version())["Os"] == "linux"

    use(work)
