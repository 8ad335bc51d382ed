"""Paths of `docker cp`, and what `docker diff` leaves out."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from jupyter_containers.engine.containers.files import base_name, clean, export, mount_over, status
from jupyter_containers.engine.containers.record import MountPoint, Record
from jupyter_containers.errors import InvalidParameter, NotFound
from tests.support.roster import roster, with_number_of_another


@pytest.mark.parametrize(
    ("path", "cleaned", "name"),
    [
        ("/etc", "/etc", "etc"),
        ("etc", "/etc", "etc"),
        ("/etc/", "/etc/", "etc"),
        ("/etc/.", "/etc/.", "."),
        (".", "/.", "."),
        ("/.", "/.", "."),
        ("/../..", "/", "/"),
        ("/etc/../bin", "/bin", "bin"),
        ("//x//y", "/x/y", "y"),
        (".", "/.", "."),
        ("/.", "/.", "."),
    ],
)
def test_paths_are_cleaned_as_dockerd_does(path: str, cleaned: str, name: str) -> None:
    assert (clean(path), base_name(path)) == (cleaned, name)


@pytest.mark.parametrize("path", ["", "a\0b"])
def test_no_path_is_refused(path: str) -> None:
    with pytest.raises(InvalidParameter):
        clean(path)


def test_the_deepest_mount_holds_a_path() -> None:
    points = tuple(MountPoint("volume", place, name=place) for place in ("/a", "/a/b", "/ab"))
    record = Record("i", "n", 1, "x", mount_points=points)
    found = [mount_over(record, path) for path in ("/a", "/a/c", "/a/b/c", "/abc", "/x")]
    assert [point.name if point else None for point in found] == ["/a", "/a", "/a/b", None, None]


class OneSnapshot:
    """A root that is a folder, and mounted by nobody."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def mounted(self, _key: str, *, read_only: bool = False) -> Iterator[Path]:
        yield self._folder


def test_a_pid_that_is_another_process_s_by_now_leads_nobody_into_its_root(tmp_path: Path) -> None:
    async def test() -> None:
        (tmp_path / "root").mkdir()
        (tmp_path / "root" / "own").touch()
        ours = roster(tmp_path, snapshots=OneSnapshot(tmp_path / "root"))
        container = with_number_of_another(ours, Record("a" * 64, "web", 1, "x"))
        assert status(ours, container, "/own").name == "own"
        with pytest.raises(NotFound, match="Could not find the file /proc in container web"):
            status(ours, container, "/proc")
        written: list[bytes] = []
        export(ours, container, written.append)
        assert b"own" in b"".join(written)

    asyncio.run(test())
