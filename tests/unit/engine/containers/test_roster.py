"""The roster: containers found, saved, told of, and their tasks."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

import pytest

from jupyter_containers.engine.containers.record import Record, Settings, State, Status
from jupyter_containers.engine.containers.roster import Roster
from jupyter_containers.errors import Conflict, InvalidParameter, NotFound, Unavailable
from jupyter_containers.network.values import Attachment
from tests.support.roster import roster

RECORD = Record("ab" * 32, "web", 1, "sha256:x", settings=Settings(image="busybox", labels={"l": "1"}))


def test_names_ids_and_prefixes_find_a_container(tmp_path: Path) -> None:
    async def test() -> None:
        ours = roster(tmp_path)
        container = ours.add(RECORD)
        for name in ("web", "/web", RECORD.id, "abab"):
            assert ours.find(name) is container
        with pytest.raises(NotFound, match="No such container: db"):
            ours.find("db")
        ours.add(replace(RECORD, id="ab" * 31 + "cd", name="other"))
        with pytest.raises(InvalidParameter, match="abab"):
            ours.find("abab")

    asyncio.run(test())


def test_a_name_is_taken_once(tmp_path: Path) -> None:
    async def test() -> None:
        ours = roster(tmp_path)
        ours.add(RECORD)
        with pytest.raises(Conflict, match='The container name "/web" is already in use by container "abab'):
            ours.add(replace(RECORD, id="cd" * 32))
        assert len(ours.all()) == 1

    asyncio.run(test())


def test_the_next_daemon_reads_what_this_one_saved(tmp_path: Path) -> None:
    attachment = Attachment("e", "10.0.0.2", 16, "10.0.0.1", "m", "jc1")

    async def test() -> None:
        first = roster(tmp_path)
        container = first.add(RECORD)
        first.save(
            container, state=State(Status.RUNNING, 7, started_at=3), attachments={"bridge": attachment.to_json()}
        )
        first.rename(container, "db")
        second = Roster(first.environment)
        second.load()
        found = second.find("db")
        assert found.record == container.record
        assert found.attachments == {"bridge": attachment}
        second.forget(found)
        assert first.environment.container_records.all() == []

    asyncio.run(test())


def test_a_rename_that_was_cut_off_between_its_two_steps_is_a_rename(tmp_path: Path) -> None:
    async def test() -> None:
        first = roster(tmp_path)
        first.environment.container_records.rename(first.add(RECORD).id, "db")
        second = Roster(first.environment)
        second.load()
        assert second.find("db").record.name == "db"

    asyncio.run(test())


def test_events_carry_image_name_and_labels(tmp_path: Path) -> None:
    async def test() -> None:
        ours = roster(tmp_path)
        ours.publish(ours.add(RECORD), "die", {"exitCode": "3"})
        [event] = ours.environment.events.since(0)
        assert (event.type, event.action, event.actor_id) == ("container", "die", RECORD.id)
        assert event.attributes == {"l": "1", "image": "busybox", "name": "web", "exitCode": "3"}

    asyncio.run(test())


def test_closing_ends_the_tasks_also_those_that_have_not_begun(tmp_path: Path) -> None:
    async def forever() -> None:
        await asyncio.Event().wait()

    async def test() -> None:
        ours = roster(tmp_path)
        running = ours.spawn(forever(), "running")
        await asyncio.sleep(0)
        fresh = ours.spawn(forever(), "fresh")
        await ours.close()
        assert running.cancelled()
        assert fresh.cancelled()

    asyncio.run(test())


def test_a_task_that_fails_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def fail() -> None:
        raise RuntimeError("unexpected")

    async def test() -> None:
        ours = roster(tmp_path)
        await ours.spawn(fail(), "the follower")

    with caplog.at_level(logging.ERROR):
        asyncio.run(test())
    assert "the follower failed" in caplog.text


def test_closing_lets_go_of_who_waits_in_a_thread_for_the_last_run_to_be_unmounted(tmp_path: Path) -> None:
    """A process does not end before its threads."""

    async def test() -> None:
        ours = roster(tmp_path)
        container = ours.add(RECORD)
        container.unmounted = Future()
        waiting = asyncio.create_task(asyncio.to_thread(container.await_unmounted))
        await asyncio.sleep(0)
        await ours.close()
        try:
            with pytest.raises(Unavailable, match="the daemon is stopping"):
                await asyncio.wait_for(asyncio.shield(waiting), 5)
        finally:
            container.unmounted.cancel()

    asyncio.run(test())
