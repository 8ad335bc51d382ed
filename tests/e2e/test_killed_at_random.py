"""The daemon is killed with SIGKILL at random moments of a pull, a build, a push and a prune, a hundred times in all.

After each, the next daemon mends what was cut off, the doctor finds nothing more, and the work can be finished. The
seed is printed; to see a failure again, give it: KILL_SEED=… pytest tests/e2e/test_killed_at_random.py.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from jupyter_containers.daemon.storage import doctor
from jupyter_containers.daemon.storage.finding import Outcome
from tests.support import tiny_image
from tests.support.api_client import Api, ok
from tests.support.daemon import Daemon
from tests.support.docker_archive import docker_archive
from tests.support.registry_server import RegistryServer

ROUNDS = 25
SEED = int(os.environ.get("KILL_SEED") or random.SystemRandom().randrange(1 << 32))
RANDOM = random.Random(SEED)
LAYERS = tuple(
    tiny_image.layer({f"{number}/{name}": RANDOM.randbytes(60_000) for name in range(20)}) for number in range(4)
)
IMAGE = tiny_image.image(*LAYERS)
DOCKERFILE = b"""FROM busybox
COPY large /large
RUN echo one > /one
RUN --mount=type=cache,target=/c echo two > /two; echo x >> /c/x
CMD cat /one /two
"""
Work = Callable[[Api], object]


@dataclass(frozen=True, slots=True)
class Job:
    """`prepare` undoes what was done before, `work` is what is cut off, `check` what is true once it is finished."""

    prepare: Work
    work: Work
    check: Work


def forget(api: Api) -> None:
    for image in api.get("/images/json").json:
        for name in image["RepoTags"]:
            if not name.startswith("busybox"):
                ok(api.delete(f"/images/{name}", force=1))
    ok(api.post("/images/prune"))
    ok(api.post("/build/prune", all=1))


def is_whole(api: Api, name: str) -> None:
    """An image can be read from its first byte to its last."""
    assert len(ok(api.get(f"/images/{name}/get")).content) > 100_000


def pulling(server: RegistryServer) -> Job:
    server.add_image("c/d", "1", IMAGE)
    name = f"{server.address}/c/d"
    return Job(
        forget, lambda api: ok(api.post("/images/create", fromImage=name, tag="1")),
        lambda api: is_whole(api, f"{name}:1"),
    )  # fmt: skip


def building(_server: RegistryServer) -> Job:
    context = tiny_image.tar_of({"Dockerfile": DOCKERFILE, "large": RANDOM.randbytes(2_000_000)})

    def check(api: Api) -> None:
        is_whole(api, "half")
        assert api.output("cat", "/one", "/two", Image="half") == "one\ntwo\n"

    return Job(forget, lambda api: ok(api.post("/build", context, t="half")), check)


def pushing(server: RegistryServer) -> Job:
    archive, counter = docker_archive({"local/d:1": IMAGE}), iter(range(1000))
    current: list[str] = []

    def prepare(api: Api) -> None:
        current[:] = [f"e/f{next(counter)}"]
        ok(api.post("/images/load", archive))
        ok(api.post("/images/local/d:1/tag", repo=f"{server.address}/{current[0]}", tag="1"))

    def check(api: Api) -> None:
        assert server.tags(current[0]) == ["1"]
        is_whole(api, "local/d:1")

    return Job(prepare, lambda api: ok(api.post(f"/images/{server.address}/{current[0]}/push", tag="1")), check)


def pruning(_server: RegistryServer) -> Job:
    context, archive = (
        tiny_image.tar_of({"Dockerfile": DOCKERFILE, "large": RANDOM.randbytes(300_000)}),
        docker_archive({"local/d:1": IMAGE}),
    )

    def prepare(api: Api) -> None:
        ok(api.post("/images/load", archive))
        ok(api.post("/build", context, t="half"))
        api.create("true")

    def prune(api: Api) -> None:
        ok(api.post("/containers/prune"))
        ok(api.post("/images/prune", filters={"dangling": ["false"]}))
        ok(api.post("/build/prune", all=1))
        ok(api.post("/volumes/prune"))

    def check(api: Api) -> None:
        usage = api.get("/system/df").json
        assert not usage["Images"] and not usage["Containers"] and not usage["BuildCache"]
        assert usage["LayersSize"] == 0

    return Job(prepare, prune, check)


@pytest.fixture
def server() -> Iterator[RegistryServer]:
    with RegistryServer() as server:
        yield server


# A start for each of the rounds, on a machine that may be at other work.
@pytest.mark.timeout(400)
@pytest.mark.parametrize("job_of", [pulling, building, pushing, pruning])
def test_the_store_is_consistent_and_the_work_can_be_finished(
    daemon: Daemon, api: Api, server: RegistryServer, job_of: Callable[[RegistryServer], Job]
) -> None:
    print(f"KILL_SEED={SEED}")
    job = job_of(server)
    base = api.get("/images/busybox/get").content
    seconds = undisturbed(api, job)
    for _ in range(ROUNDS):
        reload_base(api, base)
        job.prepare(api)
        moment = RANDOM.random() * seconds
        cut_off(daemon, api, job, moment)
        daemon.start()
        # The daemon that has mended is at rest: the doctor looks past its lock, which spares a start for each round.
        found = [Outcome(finding) for finding in doctor._look(daemon.data, doctor._checks(False), is_damaged=False)]
        assert not found, (
            f"killed after {moment:.3f} s: {doctor.as_text(daemon.data, found, repair=False)}\n{daemon.log}"
        )
        reload_base(api, base)
        job.work(api)
        job.check(api)
    reload_base(api, base)
    assert api.output("echo", "alive") == "alive\n"


def reload_base(api: Api, base: bytes) -> None:
    """Bring back what a prune takes as well."""
    if api.get("/images/busybox/json").status != 200:
        ok(api.post("/images/load", base))


def undisturbed(api: Api, job: Job) -> float:
    """Do it once, and return how long that takes in seconds."""
    job.prepare(api)
    before = time.monotonic()
    job.work(api)
    seconds = time.monotonic() - before
    job.check(api)
    return seconds


def cut_off(daemon: Daemon, api: Api, job: Job, moment: float) -> None:
    """Kill the daemon in the middle of the work; whoever waits for its answer gets none."""

    def work() -> None:
        try:
            job.work(api)
        except (OSError, AssertionError, ValueError):
            pass
        except Exception as error:  # the library tells an end of the connection in ways of its own
            if type(error).__module__ != "http.client":
                raise

    worker = threading.Thread(target=work)
    worker.start()
    # A moment that nothing observable marks.
    threading.Event().wait(moment)
    daemon.kill()
    worker.join()
