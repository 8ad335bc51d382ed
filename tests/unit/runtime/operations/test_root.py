"""The root's operations describe themselves, and an overlay's layers are set one by one."""

from __future__ import annotations

from jupyter_containers.oci.runtime_spec import Mount
from jupyter_containers.runtime.operations.root import (
    MakeRootReadOnly,
    MountRoot,
    OpenWorkingDirectory,
    PivotRoot,
    SetPropagation,
    one_by_one,
)


def test_layers_are_set_one_by_one() -> None:
    options: list[tuple[str, str | None]] = [("lowerdir", "/a:/b:/c"), ("upperdir", "/u:v"), ("index", "off")]
    assert one_by_one(options) == [
        ("lowerdir+", "/a"), ("lowerdir+", "/b"), ("lowerdir+", "/c"), ("upperdir", "/u:v"), ("index", "off"),
    ]  # fmt: skip


def test_escaped_layers_are_left_to_the_kernel() -> None:
    options: list[tuple[str, str | None]] = [("lowerdir", "/a\\:b:/c")]
    assert one_by_one(options) == options


def test_they_say_what_they_are() -> None:
    assert SetPropagation("rprivate", "/r").describe() == "make all mounts rprivate"
    mount = Mount("/", "overlay", "overlay", ("lowerdir=/a",))
    assert MountRoot(mount, "/b/rootfs").describe() == "mount overlay as the root on /b/rootfs"
    assert PivotRoot().describe() == "pivot into the new root and detach the old one"
    assert MakeRootReadOnly().describe() == "make the root read-only"
    assert OpenWorkingDirectory("/work").describe() == "make working directory /work if it is missing"
