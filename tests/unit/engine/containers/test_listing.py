"""The filters of `docker ps`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_containers.engine.containers.listing import Query, is_descendant, matching
from jupyter_containers.engine.containers.record import (
    HostSettings,
    MountPoint,
    Record,
    Settings,
    State,
    Status,
)
from jupyter_containers.engine.containers.roster import Roster
from jupyter_containers.errors import InvalidParameter, NotFound
from jupyter_containers.network.values import Attachment, Published
from jupyter_containers.oci.image_config import History, ImageConfig
from jupyter_containers.oci.platform import Platform
from tests.support.roster import roster


class NoImages:
    async def find(self, name: str) -> Any:
        raise NotFound(name)


def stocked(folder: Path, images: Any = None) -> Roster:
    ours = roster(folder, images=images or NoImages())
    records = [
        Record(
            "a" * 64, "web-1", 1, "sha256:x",
            settings=Settings(image="busybox", labels={"app": "web", "tier": "1"}, exposed_ports=("80/tcp", "81/tcp")),
            mount_points=(MountPoint("volume", "/data", name="vol"), MountPoint("bind", "/b", source="/host/place")),
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
        # Python's own matcher would be at it for hours.
        ({"name": [f"({'|'.join('.' * 24)})*!"]}, []),
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
        ({"ancestor": ["postgres"]}, ["db"]),
        ({"before": ["new"]}, ["db", "web-1"]),
        ({"since": ["db"]}, ["paused", "new"]),
        ({"health": ["none"]}, ["paused", "new", "db", "web-1"]),
        ({"health": ["healthy"]}, []),
        ({"is-task": ["true"]}, []),
        ({"is-task": ["0"]}, ["paused", "new", "db", "web-1"]),
        ({"isolation": ["any"]}, ["paused", "new", "db", "web-1"]),
        ({"volume": ["/host/place"]}, ["web-1"]),
        ({"before": []}, ["paused", "new", "db", "web-1"]),
        ({"label": ["app"], "status": ["running"]}, ["web-1"]),
    ],
)
def test_filters(tmp_path: Path, filters: dict[str, list[str]], found: list[str]) -> None:
    assert names(tmp_path, Query(every=True, filters=filters)) == found


@pytest.mark.parametrize(
    ("filters", "words"),
    [
        ({"status": ["zz"]}, "invalid filter 'status=zz'"),
        ({"nope": ["1"]}, "invalid filter 'nope'"),
        ({"name": ["x" * 2048] * 3}, "the expressions of a filter have 6144 characters together, more than 4096"),
        ({"health": ["zz"]}, "unrecognised filter value for health: zz"),
        ({"exited": ["zz"]}, 'strconv.Atoi: parsing "zz": invalid syntax'),
        ({"is-task": ["zz"]}, "invalid filter 'is-task=[zz]'"),
        ({"publish": ["zz"]}, 'error while looking up for publish zz: strconv.ParseUint: parsing "zz": invalid syntax'),
        ({"expose": ["99999"]}, 'parsing "99999": value out of range'),
        ({"expose": ["90-80"]}, "invalid range specified for port: 90-80"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused(tmp_path: Path, filters: dict[str, list[str]], words: str) -> None:
    with pytest.raises(InvalidParameter) as raised:
        names(tmp_path, Query(every=True, filters=filters))
    assert words in raised.value.message


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"publish": ["8080"]}, ["web-1"]),
        ({"publish": ["8000-9000/tcp"]}, ["web-1"]),
        ({"publish": ["80"]}, []),
        ({"publish": ["8080/udp"]}, []),
        ({"expose": ["80"]}, ["web-1"]),
        ({"expose": ["81-90/tcp"]}, ["web-1"]),
        ({"expose": ["8080"]}, []),
        ({"expose": ["81/foo"]}, []),
    ],
)
def test_ports_are_those_that_can_be_reached(tmp_path: Path, filters: dict[str, list[str]], found: list[str]) -> None:
    async def find() -> list[str]:
        ours = stocked(tmp_path)
        assert await matching(ours, Query(filters=filters)) == []
        ours.find("web-1").attachments["bridge"] = Attachment(
            "e", "10.0.0.2", 16, "10.0.0.1", "02:", "jc1", (Published(80, "tcp", "0.0.0.0", 8080),)
        )
        return [container.record.name for container in await matching(ours, Query(filters=filters))]

    assert asyncio.run(find()) == found


def config(*steps: str) -> ImageConfig:
    return ImageConfig(Platform("linux", "amd64"), history=tuple(History(created_by=step) for step in steps))


class Family:
    """An image x called base, and y that was made from it."""

    def all(self) -> list[Any]:
        found = (("sha256:x", ("FROM",)), ("sha256:y", ("FROM", "RUN")), ("sha256:z", ("OTHER", "RUN")))
        return [SimpleNamespace(id=identifier, config=config(*steps)) for identifier, steps in found]

    async def find(self, name: str) -> Any:
        return self.all()[0 if name == "base" else 1]


@pytest.mark.parametrize(("name", "found"), [("base", ["paused", "new", "db", "web-1"]), ("child", ["db"])])
def test_an_ancestor_has_its_descendants_containers(tmp_path: Path, name: str, found: list[str]) -> None:
    async def find() -> list[str]:
        ours = stocked(tmp_path, images=Family())
        return [c.record.name for c in await matching(ours, Query(every=True, filters={"ancestor": [name]}))]

    assert asyncio.run(find()) == found


def test_an_image_without_history_has_no_descendants() -> None:
    assert not is_descendant(config("RUN"), config())
    assert not is_descendant(config("RUN"), config("RUN"))


def test_before_a_container_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no such container zz"):
        names(tmp_path, Query(filters={"before": ["zz"]}))
