"""Everything is pruned again and again beside pulls, builds and runs: none of them ever misses what it needs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from jupyter_containers.daemon.storage.doctor import examine
from tests.support import tiny_image
from tests.support.api_client import Api, ok
from tests.support.daemon import Daemon
from tests.support.eventually import eventually
from tests.support.registry_server import RegistryServer

ROUNDS = 8
IMAGE = tiny_image.image(
    *(tiny_image.layer({f"{number}": bytes([number]) * 200_000}, compression="none") for number in range(4))
)


@pytest.fixture
def server() -> Iterator[RegistryServer]:
    with RegistryServer() as server:
        server.add_image("c/d", "1", IMAGE)
        yield server


def pulls(api: Api, server: RegistryServer) -> None:
    # A pull ends with an image that has a name: only a prune of all images may take it, and none is under way here.
    for _ in range(ROUNDS):
        ok(api.post("/images/create", fromImage=f"{server.address}/c/d", tag="1"))
        assert len(ok(api.get(f"/images/{server.address}/c/d:1/get")).content) > 800_000
        ok(api.delete(f"/images/{server.address}/c/d:1"))


def builds(api: Api, _server: RegistryServer) -> None:
    for number in range(ROUNDS):
        text = f"FROM busybox\nRUN echo {number} > /one\nRUN cat /one > /two\n".encode()
        ok(api.post("/build", tiny_image.tar_of({"Dockerfile": text}), t="made", networkmode="none"))
        assert api.output("cat", "/two", Image="made", Labels={"keep": ""}) == f"{number}\n"


def runs(api: Api, _server: RegistryServer) -> None:
    for _ in range(ROUNDS):
        container = api.run("sh", "-c", "echo v > /v/f; cat /v/f", Volumes={"/v": {}}, Labels={"keep": ""})
        assert api.wait(container) == 0
        assert api.logs(container) == "v\n"
        api.remove(container)


def leaves(api: Api, _server: RegistryServer) -> None:
    """What has ended and is not to be kept goes: the prune that the others live beside removes something."""
    for _ in range(ROUNDS):
        container = api.create("true")
        eventually(lambda container=container: api.get(f"/containers/{container}/json").status == 404, 30)  # type: ignore[misc]


def test_nothing_that_is_needed_is_ever_removed(daemon: Daemon, api: Api, server: RegistryServer) -> None:
    failures: list[BaseException] = []
    done = threading.Event()

    def guarded(work: Callable[[], None]) -> None:
        try:
            work()
        except (AssertionError, OSError) as error:
            failures.append(error)

    def prune() -> None:
        while not done.is_set():
            ok(api.post("/build/prune", all=1))
            ok(api.post("/images/prune"))
            ok(api.post("/volumes/prune", filters={"all": ["true"]}))
            ok(api.post("/containers/prune", filters={"label!": ["keep"]}))

    workers = [
        threading.Thread(target=guarded, args=(lambda work=work: work(api, server),))
        for work in (pulls, builds, runs, leaves)
    ]
    pruner = threading.Thread(target=guarded, args=(prune,))
    for thread in (pruner, *workers):
        thread.start()
    for thread in workers:
        thread.join()
    done.set()
    pruner.join()
    assert not failures, failures
    daemon.stop()
    assert examine(daemon.data) == []
    daemon.start()
