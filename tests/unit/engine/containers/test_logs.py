"""Logs of a container: which entries, and following until its end."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from jupyter_containers.engine.containers.container import Container
from jupyter_containers.engine.containers.logs import LogQuery, check_logs, opened_logs
from jupyter_containers.engine.containers.record import HostSettings, Record, State, Status
from jupyter_containers.engine.containers.roster import Roster
from jupyter_containers.errors import InvalidParameter
from tests.support.roster import NOW, Clock, roster

SECOND = 10**9


def line(text: str, second: int, stream: str = "stdout") -> str:
    return json.dumps({"log": text, "stream": stream, "time": f"2026-01-02T03:04:{5 + second:02d}.000000000Z"}) + "\n"


def stocked(folder: Path, *lines: str, status: Status = Status.EXITED) -> tuple[Roster, Container]:
    ours = roster(folder, clock=Clock(NOW))
    container = ours.add(Record("a" * 64, "web", 1, "x", state=State(status)))
    path = ours.log_path(container.record)
    assert path is not None
    path.parent.mkdir(parents=True)
    path.write_text("".join(lines))
    return ours, container


async def read(ours: Roster, container: Container, query: LogQuery) -> list[str]:
    async with opened_logs(ours, container, query) as found:
        return [c.decode() async for entries in found for c in entries.contents]


LINES = (line("0", 0), line("1", 1, "stderr"), line("2", 2), line("3", 3, "stderr"))


def test_who_has_been_told_that_it_is_open_loses_nothing_to_a_removal(tmp_path: Path) -> None:
    async def test() -> None:
        ours, container = stocked(tmp_path, *LINES)
        async with opened_logs(ours, container, LogQuery(follow=True)) as found:
            path = ours.log_path(container.record)
            assert path is not None
            path.unlink()
            assert [c.decode() async for entries in found for c in entries.contents] == ["0", "1", "2", "3"]

    asyncio.run(test())


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (LogQuery(), "0123"),
        (LogQuery(stderr=False), "02"),
        (LogQuery(stdout=False), "13"),
        (LogQuery(tail=2), "23"),
        (LogQuery(tail=2, stderr=False), "2"),
        (LogQuery(since=NOW + SECOND), "123"),
        (LogQuery(until=NOW + SECOND), "01"),
        (LogQuery(since=NOW + SECOND, until=NOW + 2 * SECOND), "12"),
        (LogQuery(tail=0), ""),
    ],
)
def test_which_entries(tmp_path: Path, query: LogQuery, expected: str) -> None:
    async def test() -> None:
        ours, container = stocked(tmp_path, *LINES)
        assert "".join(await read(ours, container, query)) == expected

    asyncio.run(test())


def test_following_a_stopped_container_ends(tmp_path: Path) -> None:
    async def test() -> None:
        ours, container = stocked(tmp_path, *LINES)
        assert "".join(await read(ours, container, LogQuery(follow=True))) == "0123"

    asyncio.run(test())


def test_following_a_running_one_goes_on_to_its_last_line(tmp_path: Path) -> None:
    async def test() -> None:
        ours, container = stocked(tmp_path, LINES[0], status=Status.RUNNING)
        reading = asyncio.create_task(read(ours, container, LogQuery(follow=True)))
        await asyncio.sleep(0.1)
        assert not reading.done()
        path = ours.log_path(container.record)
        assert path is not None
        with path.open("a") as file:
            file.write(LINES[1])
        container.record = replace(container.record, state=State(Status.EXITED))
        assert "".join(await asyncio.wait_for(reading, 2)) == "01"

    asyncio.run(test())


def test_a_log_that_is_not_kept_cannot_be_read(tmp_path: Path) -> None:
    async def test() -> None:
        ours, container = stocked(tmp_path)
        with pytest.raises(InvalidParameter, match="you must choose at least one stream"):
            check_logs(container, LogQuery(stdout=False, stderr=False))
        container.record = replace(container.record, host=HostSettings(log_driver="none"))
        with pytest.raises(InvalidParameter, match="does not support reading"):
            check_logs(container, LogQuery())
        assert ours is not None

    asyncio.run(test())
