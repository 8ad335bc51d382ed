"""Paths of `docker cp`, and what `docker diff` leaves out."""

from __future__ import annotations

import pytest

from jupyter_containers.engine.containers.files import base_name, clean, mount_over
from jupyter_containers.engine.containers.record import MountPoint, Record
from jupyter_containers.errors import InvalidParameter


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
