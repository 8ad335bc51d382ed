"""The filters of `docker ps`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from jupyter_containers.engine.containers.listing import Query, matching, network_of
from jupyter_containers.engine.containers.record import (
    HostSettings,
    MountPoint,
    PortBinding,
    Record,
    Settings,
    State,
    Status,
)
from jupyter_containers.engine.containers.roster import Roster
from jupyter_containers.errors import InvalidParameter, NotFound
from tests.support.roster import roster


class NoImages:
    async def find(self, name: str) -> Any:
        raise NotFound(name)


def stocked(folder: Path) -> Roster:
    ours = roster(folder, images=NoImages())
    records = [
        Record(
            "a" * 64, "web-1", 1, "sha256:x",
            settings=Settings(image="busybox", labels={"app": "web", "tier": "1"}, exposed_ports=("80/tcp", "81/tcp")),
            host=HostSettings(port_bindings={"80/tcp": (PortBinding(),)}),
            mount_points=(MountPoint("volume", "/data", name="vol"),),
            state=State(Status.RUNNING, 7, started_at=1),
        ),
        Record("b" * 64, "db", 2, "sha256:y", settings=Settings(image="postgres", labels={"app": "db"}),
               host=HostSettings(network_mode="none"), state=State(Status.EXITED, exit_code=3, started_at=1)),
        Record("c" * 64, "new", 3, "sha256:x", settings=Settings(image="busybox")),
        Record("d" * 64, "paused", 4, "sha256:x", settings=Settings(image="busybox"), state=State(Status.PAUSED, 8)),
    ]  # fmt: skip
    for record in records:
        ours.add(record)
    return ours


def names(folder: Path, query: Query) -> list[str]:
    async def find() -> list[str]:
        return [container.record.name for container in await matching(stocked(folder), query)]

    return asyncio.run(find())


def test_only_what_runs_newest_first(tmp_path: Path) -> None:
    assert names(tmp_path, Query()) == ["paused", "web-1"]


def test_all_and_the_newest_so_many(tmp_path: Path) -> None:
    assert names(tmp_path, Query(every=True)) == ["paused", "new", "db", "web-1"]


def test_a_limit_means_of_all(tmp_path: Path) -> None:
    assert names(tmp_path, Query(limit=2)) == ["paused", "new"]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"id": ["aaa", "b"]}, ["db", "web-1"]),
        ({"name": ["web"]}, ["web-1"]),
        ({"name": ["^/d"]}, ["db"]),
        ({"name": ["["]}, []),
        ({"label": ["app"]}, ["db", "web-1"]),
        ({"label": ["app=web", "tier"]}, ["web-1"]),
        ({"label": ["app=x"]}, []),
        ({"status": ["exited", "created"]}, ["new", "db"]),
        ({"exited": ["3"]}, ["db"]),
        ({"exited": ["0"]}, []),
        ({"network": ["none"]}, ["db"]),
        ({"network": ["bridge"]}, ["paused", "new", "web-1"]),
        ({"volume": ["vol"]}, ["web-1"]),
        ({"volume": ["/data"]}, ["web-1"]),
        ({"publish": ["80"]}, ["web-1"]),
        ({"publish": ["81"]}, []),
        ({"expose": ["81-90/tcp"]}, ["web-1"]),
        ({"expose": ["81/udp"]}, []),
        ({"ancestor": ["postgres"]}, ["db"]),
        ({"before": ["new"]}, ["db", "web-1"]),
        ({"since": ["db"]}, ["paused", "new"]),
        ({"health": ["none"]}, ["paused", "new", "db", "web-1"]),
        ({"health": ["healthy"]}, []),
        ({"is-task": ["true"]}, []),
        ({"label": ["app"], "status": ["running"]}, ["web-1"]),
    ],
)
def test_filters(tmp_path: Path, filters: dict[str, list[str]], found: list[str]) -> None:
    assert names(tmp_path, Query(every=True, filters=filters)) == found


@pytest.mark.parametrize("filters", [{"status": ["zz"]}, {"exited": ["zz"]}, {"publish": ["zz"]}, {"nope": ["1"]}])
def test_a_value_that_makes_no_sense_is_refused(tmp_path: Path, filters: dict[str, list[str]]) -> None:
    with pytest.raises(InvalidParameter, match="Invalid filter"):
        names(tmp_path, Query(every=True, filters=filters))


def test_before_a_container_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no such container zz"):
        names(tmp_path, Query(filters={"before": ["zz"]}))


def test_the_default_network_is_called_bridge() -> None:
    assert network_of(Record("i", "n", 1, "x")) == "bridge"
    assert network_of(Record("i", "n", 1, "x", host=HostSettings(network_mode="none"))) == "none"
