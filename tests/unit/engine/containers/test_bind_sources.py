"""Sources of binds: there, made, or refused; shared as they must be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from jupyter_containers.engine.containers.bind_sources import (
    check_propagation,
    check_shared,
    check_sources,
    is_linked,
    make_sources,
)
from jupyter_containers.engine.containers.record import HostSettings, MountPoint, MountRequest, Record
from jupyter_containers.engine.containers.roster import Roster
from jupyter_containers.errors import ContainersError, InvalidParameter
from jupyter_containers.linux.mountinfo import parse
from jupyter_containers.supervisor.host_mounts import HostMounts
from tests.support.roster import roster

MOUNTS = parse(
    "1 0 8:1 / / rw - ext4 /dev/a rw\n"
    "2 1 8:2 / /srv rw shared:1 - ext4 /dev/b rw\n"
    "3 1 8:3 / /mnt rw master:1 - ext4 /dev/c rw\n"
    "4 1 8:4 / /over rw shared:2 - ext4 /dev/d rw\n"
    "5 4 8:5 / /over rw - ext4 /dev/e rw\n"
)


@pytest.fixture
def ours(tmp_path: Path) -> Roster:
    return roster(tmp_path, volumes=SimpleNamespace(host=HostMounts()))


def record(*sources: Path, mounts: tuple[MountRequest, ...] = ()) -> Record:
    points = tuple(MountPoint("bind", f"/{number}", source=str(path)) for number, path in enumerate(sources))
    return Record("a" * 64, "web", 1, "x", host=HostSettings(mounts=mounts), mount_points=points)


def test_a_missing_source_is_made_or_the_reason_told(ours: Roster, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("nowhere")
    make_sources(ours, record(tmp_path / "new/deep", tmp_path / "file", tmp_path / "link"))
    assert (tmp_path / "new/deep").is_dir()
    assert (tmp_path / "new/deep").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "link").is_symlink()
    assert not (tmp_path / "nowhere").exists()
    sentence = f"error while creating mount source path '{tmp_path}/file/x': mkdir {tmp_path}/file/x: not a directory"
    with pytest.raises(ContainersError) as caught:
        make_sources(ours, record(tmp_path / "file/x"))
    assert caught.value.message == sentence


def test_only_a_mount_must_have_its_source(ours: Roster, tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    asked = MountRequest("bind", "/0/", source=str(missing))
    with pytest.raises(InvalidParameter, match=f"bind source path does not exist: {missing}"):
        check_sources(ours, record(missing, mounts=(asked,)))
    check_sources(ours, record(missing))
    check_sources(ours, record(missing, mounts=(MountRequest("bind", "/0", str(missing), create_source=True),)))
    check_sources(ours, record(missing, mounts=(MountRequest("volume", "/0"),)))
    assert not missing.exists()
    check_sources(ours, record(tmp_path, mounts=(MountRequest("bind", "/0", source=str(tmp_path)),)))
    make_sources(ours, replace(record(), mount_points=(MountPoint("volume", "/0", source=str(missing)),)))
    assert not missing.exists()


def test_only_binds_that_are_shared_or_slaves_are_linked() -> None:
    words = ("private", "rprivate", "shared", "rshared", "slave", "rslave", "")
    assert [word for word in words if is_linked(MountPoint("bind", "/x", propagation=word))] == [
        "shared", "rshared", "slave", "rslave",
    ]  # fmt: skip
    assert not is_linked(MountPoint("volume", "/x", propagation="shared"))


@pytest.mark.parametrize(
    ("source", "propagation", "sentence"),
    [
        ("/srv", "rshared", ""),
        ("/srv/deep/x", "slave", ""),
        ("/mnt/x", "rslave", ""),
        ("/mnt/x", "shared", "path /mnt/x is mounted on /mnt but it is not a shared mount"),
        ("/home", "shared", "path /home is mounted on / but it is not a shared mount"),
        ("/srvx", "rslave", "path /srvx is mounted on / but it is not a shared or slave mount"),
        ("/over/x", "rslave", "path /over/x is mounted on /over but it is not a shared or slave mount"),
    ],
)
def test_a_bind_is_no_more_open_than_its_source(source: str, propagation: str, sentence: str) -> None:
    point = MountPoint("bind", "/x", source=source, propagation=propagation)
    if not sentence:
        check_shared(point, MOUNTS)
        return
    with pytest.raises(ContainersError) as caught:
        check_shared(point, MOUNTS)
    assert caught.value.message == sentence


def test_the_daemons_own_data_is_a_slave_where_the_host_allows_it(tmp_path: Path) -> None:
    ours = roster(tmp_path, volumes=SimpleNamespace(host=SimpleNamespace(entries=lambda: MOUNTS)))
    own = tmp_path / "data"
    points = [
        MountPoint("bind", "/x", source=str(source), propagation=propagation)
        for source, propagation in (
            ("/", "rslave"), (own, "rslave"), (own / "volumes", "rslave"), (tmp_path / "other", ""), ("/srv", "shared"),
        )
    ]  # fmt: skip
    check_propagation(ours, replace(record(), mount_points=tuple(points)))
    for source, propagation in ((tmp_path / "other", "rslave"), (own, "rshared"), (own, "slave")):
        point = MountPoint("bind", "/x", source=str(source), propagation=propagation)
        with pytest.raises(ContainersError, match=f"path {source} is mounted on / but it is not a shared"):
            check_propagation(ours, replace(record(), mount_points=(points[0], point)))
