"""Failed steps: kept, found, and let go. Containers on them are seen with a whole daemon."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from jupyter_containers.build.failed_step import FailedStep
from jupyter_containers.build.filesystem import Filesystem, Layer
from jupyter_containers.build.operations.definitions import Execute, StepMount
from jupyter_containers.engine.failed_mounts import FailedMounts
from jupyter_containers.engine.failed_steps import COUNT, DAYS, FailedSteps, Failure
from jupyter_containers.engine.image_removal import User
from jupyter_containers.errors import Conflict, InvalidParameter, NotFound
from jupyter_containers.metadata.database import Database
from jupyter_containers.metadata.failed_steps import FailedSteps as Records
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.digest import Digest
from tests.support.stores import Rooms, with_rooms

NOTHING = Filesystem()
LARGEST = 1000
OPERATION = Execute(
    ("/bin/bash", "-c", "make"), env=("A=1",), cwd="/w", user="me", scripts=(("EOF", "x"),),
    mounts=(StepMount("tmpfs", "/t", mode=0o700),), shell=("/bin/bash", "-o", "pipefail", "-c"),
)  # fmt: skip


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Kept:
    """Failed steps over real stores, and the rooms under them."""

    def __init__(self, rooms: Rooms, folder: Path) -> None:
        self.rooms, self.clock = rooms, Clock()
        self.steps = FailedSteps(
            Records(Database(folder / "failures.db")), containers=cast(Any, None), images=rooms.images,
            content=rooms.content, mounts=FailedMounts(rooms.snapshots, folder / "failed"), max_bytes=LARGEST,
            clock=self.clock,
        )  # fmt: skip
        rooms.garbage.protect(self.steps.needed)

    def keep(self, number: int, filesystem: Filesystem = NOTHING) -> str:
        self.clock.now += 1
        failed = FailedStep(f"{number:064x}"[::-1], OPERATION, filesystem, 7, ("said",), (3, 4), "RUN make")
        self.steps.keep(failed)
        return failed.id

    def ids(self) -> list[str]:
        return [failure.id for failure in self.steps.all()]


@pytest.fixture
def use(tmp_path: Path) -> Iterator[Callable[[Callable[[Kept], Any]], None]]:
    def run(act: Callable[[Kept], Any]) -> None:
        async def scenario(rooms: Rooms) -> None:
            found = act(Kept(rooms, tmp_path))
            if asyncio.iscoroutine(found):
                await found

        with_rooms(tmp_path, scenario)

    yield run


Use = Callable[[Callable[[Kept], Any]], None]


def test_a_step_comes_back_whole(use: Use) -> None:
    def act(kept: Kept) -> None:
        first = kept.keep(1)
        kept.steps.describe(first, names=["a:1"], file="Dockerfile")
        kept.steps.describe(first, names=["a:1", "b:1"], file="Other")
        failure = kept.steps.find(first)
        assert failure.step == FailedStep(first, OPERATION, Filesystem(), 7, ("said",), (3, 4), "RUN make")
        assert (failure.names, failure.file) == (("a:1", "b:1"), "Dockerfile")
        assert failure.shell == ("/bin/bash",)

    use(act)


def test_it_is_found_by_what_people_know_of_it(use: Use) -> None:
    def act(kept: Kept) -> None:
        first, second = kept.keep(1), kept.keep(2)
        kept.steps.describe(first, names=["a:latest"], file="")
        assert kept.steps.find("last").id == second
        assert kept.steps.find("a").id == first
        assert kept.steps.find(f"failed-step:{first[:12]}").id == first
        assert kept.steps.find("2").id == second
        with pytest.raises(NotFound, match=f"no failed step b is kept; {second[:12]}, {first[:12]} kept now"):
            kept.steps.find("b")
        third = kept.keep(0x12)
        assert third.startswith("21")
        with pytest.raises(InvalidParameter, match="failed step 2 is ambiguous"):
            kept.steps.find("2")

    use(act)


def test_the_oldest_go_when_there_are_too_many_or_they_are_too_old(use: Use) -> None:
    async def act(kept: Kept) -> None:
        ids = [kept.keep(number) for number in range(1, COUNT + 3)]
        assert kept.ids() == ids[:1:-1]
        kept.clock.now += (DAYS * 24 * 3600) - 3.5
        await kept.steps.open()
        assert kept.ids() == ids[:-5:-1]

    use(act)


def test_the_older_ones_go_when_they_take_too_much_but_never_the_last(use: Use) -> None:
    def act(kept: Kept) -> None:
        digest = Digest.of(b"x")
        filesystem = Filesystem.of((Layer(Descriptor("m", digest, 1), digest),))
        kept.rooms.snapshots.prepare("making")
        kept.rooms.snapshots.commit(filesystem.chain, "making", size_bytes=LARGEST - 1)
        first, second = kept.keep(1, filesystem), kept.keep(2, filesystem)
        assert kept.ids() == [second]
        assert first not in kept.ids()
        kept.keep(3)
        assert len(kept.ids()) == 2

    use(act)


def test_one_that_a_container_stands_on_stays(use: Use) -> None:
    async def act(kept: Kept) -> None:
        kept.keep(1)
        failure = kept.steps.find("last")
        image_id = kept.steps._image(failure)
        kept.rooms.images.users = lambda asked: [User("c0ffee", False)] if asked == image_id else []
        assert kept.steps.prune(lambda _: True) == []
        with pytest.raises(Conflict, match="is used by container c0ffee"):
            await kept.steps.forget(failure)
        kept.rooms.images.users = lambda _: []
        assert kept.steps.prune(lambda _: False) == []
        assert kept.steps.prune(lambda _: True) == [failure.id]
        assert kept.rooms.images.all() == []
        with pytest.raises(NotFound, match="none is kept now"):
            kept.steps.find("last")

    use(act)


def test_its_image_is_the_same_each_time_and_has_what_the_step_had(use: Use) -> None:
    def act(kept: Kept) -> None:
        kept.keep(1)
        failure = kept.steps.find("last")
        first = kept.steps._image(failure)
        assert kept.steps._image(failure) == first
        (view,) = kept.rooms.images.all()
        process = view.config.process
        assert (process.user, process.env, process.working_dir) == ("me", ("A=1",), "/w")
        assert (process.cmd, process.shell) == (failure.shell, OPERATION.shell)
        assert view.tags == [failure.image]

    use(act)


def test_a_shell_that_is_not_known_is_sh() -> None:
    assert Failure(FailedStep("1", Execute(("x",)), Filesystem(), 1)).shell == ("/bin/sh",)
