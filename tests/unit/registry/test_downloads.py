from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from jupyter_containers.content.store import DirectoryStore
from jupyter_containers.oci.digest import Digest
from jupyter_containers.registry.downloads import finish_in_thread
from jupyter_containers.registry.failures import (
    LayerVerificationFailed,
    RegistryRefused,
    RegistryUnreachable,
    RemoteBlobNotFound,
)
from jupyter_containers.registry.pull import Pulled
from jupyter_containers.registry.retries import RetryPolicy
from tests.support import tiny_image
from tests.support.registry_client import Client, pull, with_client
from tests.support.registry_server import Fault, RegistryServer, wait_for_request

BIG = tiny_image.layer({"noise": os.urandom(300_000)})
SMALL = tiny_image.layer({"a": b"1"})
IMAGE = tiny_image.image(BIG)
BLOB = f"GET .*/blobs/{BIG.descriptor.digest}"


@pytest.fixture
def server() -> Any:
    with RegistryServer() as server:
        server.add_image("team/app", "1", IMAGE)
        yield server


def ranges(server: RegistryServer) -> list[str | None]:
    """Return the Range of every request for the big layer."""
    return [seen.headers.get("Range") for seen in server.requests if str(BIG.descriptor.digest) in seen.path]


def arrived(folder: Path) -> bool:
    return (folder / "blobs" / "sha256" / BIG.descriptor.digest.hex).is_file()


def leftovers(folder: Path) -> list[int]:
    """Return the sizes of what stands unfinished in the store."""
    return [path.stat().st_size for path in (folder / "ingest").iterdir()]


def test_a_layer_arrives_as_it_is(server: RegistryServer, tmp_path: Path) -> None:
    pull(server, tmp_path, "team/app:1")
    stored = tmp_path / "blobs" / "sha256" / BIG.descriptor.digest.hex
    assert stored.read_bytes() == BIG.content
    assert leftovers(tmp_path) == []


def test_every_step_is_told_in_dockers_words(server: RegistryServer, tmp_path: Path) -> None:
    async def use(client: Client) -> None:
        for _ in range(2):
            await client.pull(f"{server.address}/team/app:1")
        assert client.statuses(BIG.descriptor.digest.short) == [
            "Pulling fs layer", "Downloading", "Verifying Checksum", "Download complete",
            "Pulling fs layer", "Already exists",
        ]  # fmt: skip
        last = [step for step in client.told if step.status == "Downloading"][-1]
        assert (last.current, last.total) == (BIG.descriptor.size, BIG.descriptor.size)

    with_client(tmp_path, use)


@pytest.mark.parametrize("way", ["cut_after", "stall_after"])
def test_a_broken_transfer_goes_on_where_it_stopped(server: RegistryServer, tmp_path: Path, way: str) -> None:
    server.faults.append(Fault(BLOB, **{way: 100_000}))
    with_client(tmp_path, lambda client: client.pull(f"{server.address}/team/app:1"), idle_seconds=0.2)
    assert ranges(server) == [None, "bytes=100000-"]
    assert arrived(tmp_path)


def test_a_transfer_may_break_several_times(server: RegistryServer, tmp_path: Path) -> None:
    server.faults += [Fault(BLOB, cut_after=100_000), Fault(BLOB, cut_after=50_000), Fault(BLOB, status=503)]
    pull(server, tmp_path, "team/app:1")
    assert ranges(server) == [None, "bytes=100000-", "bytes=150000-", "bytes=150000-"]


def test_a_server_that_cannot_continue_sends_everything(server: RegistryServer, tmp_path: Path) -> None:
    server.faults += [Fault(BLOB, cut_after=100_000), Fault(BLOB, ignore_range=True)]
    pull(server, tmp_path, "team/app:1")
    assert arrived(tmp_path)


@pytest.mark.parametrize(
    "fault",
    [{"status": 416}, {"headers": {"Content-Range": "bytes 0-9/10"}}, {"headers": {"Content-Range": "garbage"}}],
    ids=str,
)
def test_a_server_that_continues_wrongly_is_asked_from_the_start(
    server: RegistryServer, tmp_path: Path, fault: dict[str, Any]
) -> None:
    server.faults += [Fault(BLOB, cut_after=100_000), Fault(BLOB, **fault)]
    pull(server, tmp_path, "team/app:1")
    assert ranges(server) == [None, "bytes=100000-", None]
    assert arrived(tmp_path)


def test_a_later_pull_uses_what_an_earlier_one_left(server: RegistryServer, tmp_path: Path) -> None:
    server.faults.append(Fault(BLOB, cut_after=100_000))
    server.faults.append(Fault(BLOB, times=3, status=503))
    with pytest.raises(RegistryUnreachable, match="unknown: as the test ordered"):
        pull(server, tmp_path, "team/app:1")
    assert leftovers(tmp_path) == [100_000]
    server.requests.clear()
    pull(server, tmp_path, "team/app:1")
    assert ranges(server) == ["bytes=100000-"]
    assert leftovers(tmp_path) == []


def test_a_whole_layer_that_was_never_committed_is_not_fetched_again(server: RegistryServer, tmp_path: Path) -> None:
    async def use(client: Client) -> None:
        digest = BIG.descriptor.digest
        ingest = client.store.ingest(f"layer {digest}", expected=digest, size=BIG.descriptor.size)
        ingest.write(BIG.content)
        ingest.suspend()
        await client.pull(f"{server.address}/team/app:1")

    with_client(tmp_path, use)
    assert ranges(server) == []
    assert arrived(tmp_path)


def test_a_damaged_beginning_is_thrown_away_and_fetched_once_more(server: RegistryServer, tmp_path: Path) -> None:
    async def use(client: Client) -> None:
        digest = BIG.descriptor.digest
        ingest = client.store.ingest(f"layer {digest}", expected=digest, size=BIG.descriptor.size)
        ingest.write(b"\0" * 1000)
        ingest.suspend()
        await client.pull(f"{server.address}/team/app:1")

    with_client(tmp_path, use)
    assert ranges(server) == ["bytes=1000-", None]
    assert arrived(tmp_path)


def test_wrong_bytes_are_refused_in_dockers_words_and_not_kept(server: RegistryServer, tmp_path: Path) -> None:
    server.faults.append(Fault(BLOB, times=99, corrupt=True))
    with pytest.raises(LayerVerificationFailed) as caught:
        pull(server, tmp_path, "team/app:1")
    assert str(caught.value) == f"filesystem layer verification failed for digest {BIG.descriptor.digest}"
    assert ranges(server) == [None]
    assert not arrived(tmp_path)
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("size", [BIG.descriptor.size - 1, BIG.descriptor.size + 1], ids=["shorter", "longer"])
def test_a_body_of_another_length_is_refused_before_its_first_byte(
    server: RegistryServer, tmp_path: Path, size: int
) -> None:
    body = BIG.content[:size].ljust(size, b"\0")
    server.faults.append(Fault(BLOB, times=99, body=body))
    with pytest.raises(RegistryRefused, match=f"registry has {size} bytes for layer"):
        pull(server, tmp_path, "team/app:1")
    assert leftovers(tmp_path) in ([], [0])


def test_an_endless_body_is_cut_at_the_promised_size(server: RegistryServer, tmp_path: Path) -> None:
    server.faults.append(Fault(BLOB, times=99, endless=True))
    with pytest.raises(RegistryRefused, match=f"goes on after the {BIG.descriptor.size} bytes promised"):
        pull(server, tmp_path, "team/app:1")
    assert leftovers(tmp_path) == []


def test_a_body_without_length_is_believed_when_it_is_right(server: RegistryServer, tmp_path: Path) -> None:
    server.faults.append(Fault(BLOB, without_length=True))
    pull(server, tmp_path, "team/app:1")
    assert arrived(tmp_path)


def test_a_missing_layer_is_reported_at_once(server: RegistryServer, tmp_path: Path) -> None:
    server.faults.append(Fault(BLOB, times=99, status=404))
    with pytest.raises(RemoteBlobNotFound, match=str(BIG.descriptor.digest)):
        pull(server, tmp_path, "team/app:1")
    assert len(ranges(server)) == 1


def test_failures_are_counted_until_there_are_too_many(server: RegistryServer, tmp_path: Path) -> None:
    server.faults.append(Fault(BLOB, times=99, status=503))
    with pytest.raises(RegistryUnreachable):
        pull(server, tmp_path, "team/app:1")
    assert len(ranges(server)) == 4


def test_waiting_is_counted_down(server: RegistryServer, tmp_path: Path) -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    async def use(client: Client) -> list[str]:
        await client.pull(f"{server.address}/team/app:1")
        return [status for status in client.statuses(BIG.descriptor.digest.short) if status.startswith("Retrying")]

    server.faults.append(Fault(BLOB, status=503, headers={"Retry-After": "3"}))
    told = with_client(tmp_path, use, retries=RetryPolicy((2, 2), sleep=sleep))
    assert told == ["Retrying in 3 seconds", "Retrying in 2 seconds", "Retrying in 1 second"]
    assert waits == [1, 1, 1]


def test_a_size_that_contradicts_the_stored_blob_is_refused(server: RegistryServer, tmp_path: Path) -> None:
    pull(server, tmp_path, "team/app:1")
    lying = IMAGE.manifest.replace(str(BIG.descriptor.size).encode(), str(BIG.descriptor.size + 1).encode())
    server.add_manifest("team/app", "2", lying, IMAGE.media_type)
    server.add_manifest("team/app", str(Digest.of(lying)), lying, IMAGE.media_type)
    with pytest.raises(RegistryRefused, match="the manifest promises"):
        pull(server, tmp_path, "team/app:2")


def test_not_more_layers_than_agreed_are_on_their_way(server: RegistryServer, tmp_path: Path) -> None:
    layers = [tiny_image.layer({"n": bytes([n])}) for n in range(5)]
    server.add_image("team/many", "1", tiny_image.image(*layers))

    async def use(client: Client) -> None:
        for layer in layers:
            server.faults.append(Fault(f"/blobs/{layer.descriptor.digest}", stall_after=0))
        pulling = asyncio.ensure_future(client.pull(f"{server.address}/team/many:1"))
        wanted = "|".join(str(layer.descriptor.digest) for layer in layers)
        while sum(step.status == "Waiting" for step in client.told) < 3:
            await asyncio.sleep(0.005)
        await asyncio.to_thread(wait_for_request, server, wanted)
        await asyncio.sleep(0)
        assert len(server.lines(wanted)) <= 2
        pulling.cancel()
        await asyncio.gather(pulling, return_exceptions=True)

    with_client(tmp_path, use, parallel=2)


async def started(client: Client, server: RegistryServer, name: str) -> asyncio.Task[Pulled]:
    """Start a pull and wait until the big layer stalls in the middle."""
    pulling = asyncio.create_task(client.pull(f"{server.address}/{name}"))
    await asyncio.to_thread(server.stalled.wait, 5)
    while not any(step.status == "Downloading" for step in client.told):
        await asyncio.sleep(0.005)
    return pulling


def test_a_cancelled_pull_leaves_what_can_be_resumed(server: RegistryServer, tmp_path: Path) -> None:
    server.faults.append(Fault(BLOB, stall_after=100_000))

    async def use(client: Client) -> None:
        pulling = await started(client, server, "team/app:1")
        pulling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await pulling
        (size,) = leftovers(tmp_path)
        assert 0 < size <= 100_000
        server.requests.clear()
        await client.pull(f"{server.address}/team/app:1")
        assert ranges(server) == [f"bytes={size}-"]

    with_client(tmp_path, use)
    assert arrived(tmp_path)


def test_two_pulls_share_one_transfer_and_both_hear_of_it(server: RegistryServer, tmp_path: Path) -> None:
    server.add_image("team/other", "1", tiny_image.image(BIG, SMALL))
    server.faults.append(Fault(BLOB, bytes_per_second=1_000_000))

    async def use(client: Client) -> None:
        heard: list[list[str]] = [[], []]
        async with asyncio.TaskGroup() as group:
            for told, name in zip(heard, ("team/app:1", "team/other:1"), strict=True):

                def listen(step: Any, told: list[str] = told) -> None:
                    if step.id == BIG.descriptor.digest.short:
                        told.append(step.status)

                group.create_task(client.pull(f"{server.address}/{name}", progress=listen))
        for told in heard:
            assert told[0] == "Pulling fs layer"
            assert "Downloading" in told
            assert told[-1] == "Download complete"

    with_client(tmp_path, use)
    assert ranges(server) == [None]


def test_when_the_first_of_two_gives_up_the_other_goes_on_from_there(server: RegistryServer, tmp_path: Path) -> None:
    server.add_image("team/other", "1", tiny_image.image(BIG, SMALL))
    server.faults.append(Fault(BLOB, stall_after=100_000))

    async def use(client: Client) -> None:
        first = await started(client, server, "team/app:1")
        second = asyncio.create_task(client.pull(f"{server.address}/team/other:1"))
        await asyncio.to_thread(wait_for_request, server, str(SMALL.descriptor.digest))
        first.cancel()
        await second
        assert first.cancelled()

    with_client(tmp_path, use)
    assert len(ranges(server)) == 2
    assert str(ranges(server)[1]).startswith("bytes=")
    assert arrived(tmp_path)


def test_work_in_a_thread_is_finished_before_a_cancellation_goes_on() -> None:
    entered, go_on, done = threading.Event(), threading.Event(), threading.Event()
    undone: list[str] = []

    def work() -> str:
        entered.set()
        go_on.wait(5)
        done.set()
        return "opened"

    async def run() -> None:
        task = asyncio.create_task(finish_in_thread(work, undone.append))
        await asyncio.to_thread(entered.wait, 5)
        for _ in range(2):
            task.cancel()
            await asyncio.sleep(0)
        assert not task.done()
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert done.is_set()

    asyncio.run(run())
    assert undone == ["opened"]


@pytest.mark.parametrize(
    "digest", [BIG.descriptor.digest, IMAGE.image_id, IMAGE.digest], ids=["layer", "configuration", "manifest"]
)
def test_what_a_power_cut_left_of_a_blob_is_fetched_again(
    server: RegistryServer, tmp_path: Path, digest: Digest
) -> None:
    server.add_image("team/app", "1", IMAGE)
    store = DirectoryStore(tmp_path)
    (tmp_path / "blobs" / digest.algorithm / digest.hex).write_bytes(b"")
    pull(server, tmp_path, "team/app:1")
    assert Digest.of(store.read(digest)) == digest
