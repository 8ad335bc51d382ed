"""Mounts of one request, made for real in a namespace that vanishes."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from jupyter_containers.linux import constants as c
from jupyter_containers.linux import mountinfo
from jupyter_containers.zygote.mounter import perform
from tests.support.private_mounts import in_private_mounts

pytestmark = pytest.mark.needs("root")

TMPFS = {"do": "mount", "device": "tmpfs", "type": "tmpfs", "flags": 0, "propagation": 0, "data": "size=64k"}


def found(path: Path) -> list[mountinfo.MountEntry]:
    return [entry for entry in mountinfo.read() if entry.mount_point == str(path)]


def test_a_file_system_is_mounted_and_unmounted(tmp_path: Path) -> None:
    def step() -> None:
        perform({**TMPFS, "path": str(tmp_path)})
        [entry] = found(tmp_path)
        assert (entry.fs_type, "size=64k" in entry.super_options) == ("tmpfs", True)
        perform({"do": "unmount", "path": str(tmp_path)})
        assert not found(tmp_path)
        perform({"do": "unmount", "path": str(tmp_path)})

    in_private_mounts(step)


def test_a_bind_is_read_only_and_shared_as_it_was_asked_for(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.mkdir()
    target.mkdir()

    def step() -> None:
        flags = c.MS_BIND | c.MS_RDONLY | c.MS_NOSUID
        wish: dict[str, Any] = {"device": str(source), "type": "none", "flags": flags, "data": ""}
        perform({"do": "mount", "path": str(target), "propagation": c.MS_SHARED, **wish})
        [entry] = found(target)
        assert {"ro", "nosuid"} <= set(entry.options)
        assert entry.optional[0].startswith("shared:")

    in_private_mounts(step)


def test_a_busy_mount_goes_with_its_last_user(tmp_path: Path) -> None:
    def step() -> None:
        perform({**TMPFS, "path": str(tmp_path)})
        fd = os.open(tmp_path, os.O_RDONLY)
        perform({"do": "unmount", "path": str(tmp_path)})
        assert not found(tmp_path)
        os.close(fd)

    in_private_mounts(step)


def test_a_sweep_spares_those_that_are_named(tmp_path: Path) -> None:
    def step() -> None:
        for name in ("kept", "left"):
            place = tmp_path / name / "_data"
            place.mkdir(parents=True)
            perform({**TMPFS, "path": str(place)})
            (place / "deeper").mkdir()
            perform({**TMPFS, "path": str(place / "deeper")})
        perform({"do": "sweep", "path": str(tmp_path), "keep": ["kept"]})
        left = [e.mount_point for e in mountinfo.read() if e.mount_point.startswith(str(tmp_path))]
        assert left == [f"{tmp_path}/kept/_data", f"{tmp_path}/kept/_data/deeper"]

    in_private_mounts(step)


def test_a_refusal_leaves_nothing(tmp_path: Path) -> None:
    def step() -> None:
        with pytest.raises(OSError, match="mount") as caught:
            perform({**TMPFS, "path": str(tmp_path), "data": "bogus=1"})
        assert caught.value.errno == errno.EINVAL
        assert not found(tmp_path)

    in_private_mounts(step)
