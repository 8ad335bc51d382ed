"""Tests of engine.containers.sampling: it samples while a container runs, and does nothing while none does."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from jupyter_containers.engine.containers import sampling
from jupyter_containers.engine.containers.record import Record, Settings, State, Status
from jupyter_containers.engine.containers.sampling import REST_SECONDS, Sampling, step_seconds
from tests.support.roster import roster

RUNNING = State(status=Status.RUNNING, pid=1)
RECORD = Record("ab" * 32, "web", 1, "sha256:x", settings=Settings(image="busybox"), state=RUNNING)


class Passes:
    """A history that counts, and holds something or not."""

    def __init__(self) -> None:
        self.made = 0
        self.is_empty = True
        self.passed = asyncio.Event()

    async def pass_by(self) -> None:
        self.made += 1
        self.passed.set()


def test_the_steps_grow_with_the_number_of_containers(tmp_path: Path) -> None:
    async def test() -> None:
        ours = roster(tmp_path)
        assert step_seconds(ours.all()) == REST_SECONDS
        for number in range(100):
            ours.add(replace(RECORD, id=f"{number:064}", name=f"c{number}"))
        assert (step_seconds(ours.all()[:20]), step_seconds(ours.all()[:50])) == (10, 12.5)
        assert step_seconds(ours.all()) == 25

    asyncio.run(test())


def test_nothing_is_sampled_before_a_container_runs_nor_after_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sampling, "STEP_SECONDS", 0.001)
    monkeypatch.setattr(sampling, "STEP_SECONDS_EACH", 0.001)

    async def test() -> None:
        ours = roster(tmp_path)
        ours_sampling, passes = Sampling(ours), Passes()
        ours_sampling._history = passes  # type: ignore[assignment]
        container = ours.add(RECORD)
        assert ours_sampling._task is None
        ours.on_run(container)
        await asyncio.wait_for(passes.passed.wait(), 10)
        ours.save_state(container, status=Status.EXITED)
        assert ours_sampling._task is not None
        await asyncio.wait_for(ours_sampling._task, 10)

    asyncio.run(test())


def test_while_something_is_kept_it_waits_for_the_next_container(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sampling, "STEP_SECONDS", 0.001)
    monkeypatch.setattr(sampling, "STEP_SECONDS_EACH", 0.001)

    async def test() -> None:
        ours = roster(tmp_path)
        ours_sampling, passes = Sampling(ours), Passes()
        passes.is_empty = False
        ours_sampling._history = passes  # type: ignore[assignment]
        container = ours.add(replace(RECORD, state=State()))
        ours.on_run(container)  # one that has ended again at once
        await asyncio.sleep(0)
        task = ours_sampling._task
        ours.save_state(container, status=Status.RUNNING)
        ours.on_run(container)
        await asyncio.wait_for(passes.passed.wait(), 10)
        assert ours_sampling._task is task
        await ours.close()

    asyncio.run(test())


def test_for_runs_that_are_short_nothing_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "STEP_SECONDS", 0.001)
    monkeypatch.setattr(sampling, "STEP_SECONDS_EACH", 0.001)

    async def test() -> None:
        ours = roster(tmp_path)
        ours_sampling, container = Sampling(ours), ours.add(RECORD)
        ours.on_run(container)
        await asyncio.sleep(0)
        ours.save_state(container, status=Status.EXITED)
        assert ours_sampling._task is not None
        await asyncio.wait_for(ours_sampling._task, 10)
        assert ours_sampling._history is None

    asyncio.run(test())
