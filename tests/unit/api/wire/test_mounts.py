"""Mounts of create and inspect."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_containers.api.wire.mounts import mount_from_wire, mount_point_to_wire, mount_to_wire
from jupyter_containers.engine.containers.record import MountPoint
from jupyter_containers.errors import InvalidParameter, Unsupported

WHOLE: list[dict[str, Any]] = [
    {"Type": "bind", "Source": "/s", "Target": "/t", "ReadOnly": True, "Consistency": "cached", "BindOptions": {
        "Propagation": "rslave", "NonRecursive": True, "CreateMountpoint": True, "ReadOnlyNonRecursive": True}},
    {"Type": "bind", "Source": "/s", "Target": "/t", "ReadOnly": True, "BindOptions": {"ReadOnlyForceRecursive": True}},
    {"Type": "volume", "Source": "v", "Target": "/t", "VolumeOptions": {
        "NoCopy": True, "Labels": {"a": "b"}, "Subpath": "x/y",
        "DriverConfig": {"Name": "local", "Options": {"type": "tmpfs", "device": "tmpfs"}}}},
    {"Type": "tmpfs", "Target": "/t", "TmpfsOptions": {
        "SizeBytes": 5, "Mode": 448, "Options": [["noexec"], ["uid", "7"]]}},
]  # fmt: skip


@pytest.mark.parametrize("entry", WHOLE, ids=lambda entry: entry["Type"])
def test_what_was_asked_for_is_shown_again(entry: dict[str, Any]) -> None:
    assert mount_to_wire(mount_from_wire(entry)) == entry


def test_before_1_44_read_only_did_not_reach_what_is_mounted_below() -> None:
    entry = {"Type": "bind", "Source": "/s", "Target": "/t", "ReadOnly": True}
    assert mount_from_wire(entry, version=(1, 43)).read_only_recursion == "top"
    assert mount_from_wire(entry, version=(1, 44)).read_only_recursion == ""
    assert mount_from_wire({**entry, "ReadOnly": False}, version=(1, 43)).read_only_recursion == ""


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ({"Type": "bind", "VolumeOptions": {}}, 'type "bind": field VolumeOptions must not be specified'),
        ({"Type": "volume", "BindOptions": {}}, 'type "volume": field BindOptions must not be specified'),
        ({"Type": "tmpfs", "BindOptions": {}}, 'type "tmpfs": field BindOptions must not be specified'),
        ({"Type": "bind", "BindOptions": {"ReadOnlyNonRecursive": True, "ReadOnlyForceRecursive": True}},
         "exclude each other"),
        ({"Type": "bind", "Consistency": "often"}, "invalid consistency 'often'"),
        ({"Type": "tmpfs", "TmpfsOptions": {"Options": "noexec"}}, "Options must be a list of lists"),
        ({"Type": "tmpfs", "TmpfsOptions": {"Options": [1]}}, "Options must be a list of strings"),
        ({"Type": 1}, "Type must be a string"),
    ],
)  # fmt: skip
def test_what_does_not_belong_is_refused(entry: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        mount_from_wire(entry)
    assert sentence in caught.value.message


@pytest.mark.parametrize("entry", [{"Type": "image"}, {"Type": "cluster"}, {"Type": "bind", "ImageOptions": {"a": 1}}])
def test_what_we_cannot_mount_is_refused_by_name(entry: dict[str, Any]) -> None:
    with pytest.raises(Unsupported, match=r"image|cluster|ImageOptions"):
        mount_from_wire(entry)


def test_a_containers_mounts_are_shown_as_dockerd_does() -> None:
    assert mount_point_to_wire(MountPoint("volume", "/v", source="/d/v", name="v", mode="z")) == {
        "Type": "volume", "Name": "v", "Source": "/d/v", "Destination": "/v", "Driver": "local", "Mode": "z",
        "RW": True, "Propagation": "",
    }  # fmt: skip
    assert mount_point_to_wire(MountPoint("tmpfs", "/t", read_only=True)) == {
        "Type": "tmpfs", "Source": "", "Destination": "/t", "Mode": "", "RW": False, "Propagation": "",
    }  # fmt: skip
