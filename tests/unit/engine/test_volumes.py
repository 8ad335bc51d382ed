"""Volumes: names, anonymity, use, leftovers."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from jupyter_containers.engine.events import Events
from jupyter_containers.engine.volumes import Volumes
from jupyter_containers.errors import Conflict, InvalidParameter, NotFound, Unsupported
from jupyter_containers.metadata import volumes as records
from jupyter_containers.metadata.database import Database


@pytest.fixture
def volumes(tmp_path: Path) -> Volumes:
    database = Database(tmp_path / "metadata.db")
    return Volumes(tmp_path / "volumes", records.Volumes(database), Events(), now=lambda: "2026-01-01T00:00:00Z")


def test_a_volume_is_made_once_and_keeps_its_files(volumes: Volumes) -> None:
    volume = volumes.ensure("notes", labels={"course": "os"})
    (volume.path / "a.txt").write_text("kept")
    again = volumes.ensure("notes")
    assert (again.path / "a.txt").read_text() == "kept"
    assert again.labels == {"course": "os"}
    assert not again.is_anonymous


def test_a_volume_without_a_name_is_anonymous(volumes: Volumes) -> None:
    volume = volumes.ensure()
    assert len(volume.name) == 64
    assert volume.is_anonymous


@pytest.mark.parametrize("name", ["../etc", "a", "/abs", "-x", "a b"])
def test_a_bad_name_is_refused_with_the_name(volumes: Volumes, name: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        volumes.ensure(name)
    assert name in str(caught.value)


def test_options_and_drivers_that_are_not_there_are_refused(volumes: Volumes) -> None:
    with pytest.raises(Unsupported, match="device"):
        volumes.ensure("data1", options={"device": "tmpfs"})
    with pytest.raises(NotFound, match="nfs-plugin"):
        volumes.ensure("data1", driver="nfs-plugin")


def test_a_volume_in_use_is_not_removed(volumes: Volumes) -> None:
    volumes.ensure("notes")
    volumes.used_by = lambda name: ["c1"] if name == "notes" else []
    with pytest.raises(Conflict, match=r"notes: volume is in use - \[c1\]"):
        asyncio.run(volumes.remove("notes"))
    assert volumes.get("notes")


def test_removing_takes_the_files_too(volumes: Volumes) -> None:
    path = volumes.ensure("notes").path
    asyncio.run(volumes.remove("notes"))
    assert not path.parent.exists()
    with pytest.raises(NotFound):
        volumes.get("notes")
    with pytest.raises(NotFound):
        asyncio.run(volumes.remove("notes"))
    asyncio.run(volumes.remove("notes", force=True))


def test_prune_frees_what_it_says(volumes: Volumes) -> None:
    (volumes.ensure().path / "file").write_bytes(b"x" * 1000)
    volumes.ensure("named")
    removed, freed = asyncio.run(volumes.prune(lambda volume: volume.is_anonymous))
    assert (len(removed), freed) == (1, 1000)
    assert [volume.name for volume in volumes.all()] == ["named"]


def test_recovery_removes_folders_that_no_row_names(volumes: Volumes) -> None:
    kept = volumes.ensure("kept").path
    orphan = kept.parents[1] / "orphan" / "_data"
    orphan.mkdir(parents=True)
    volumes.recover()
    assert kept.exists()
    assert not orphan.exists()


def nest(top: Path, levels: int) -> None:
    """Make directories as a container does, deeper than any recursion bears."""
    fd = os.open(top, os.O_RDONLY)
    for _ in range(levels):
        os.mkdir("a", dir_fd=fd)
        child = os.open("a", os.O_RDONLY, dir_fd=fd)
        os.close(fd)
        fd = child
    os.close(fd)


def test_a_volume_nested_very_deep_is_measured_and_removed(volumes: Volumes, tmp_path: Path) -> None:
    nest(volumes.ensure("deep").path, 2000)
    assert volumes.size("deep") == 0
    asyncio.run(volumes.remove("deep"))
    assert list((tmp_path / "volumes").iterdir()) == []


def test_a_leftover_nested_very_deep_does_not_stop_the_daemon_from_starting(volumes: Volumes, tmp_path: Path) -> None:
    leftover = tmp_path / "volumes/leftover"
    leftover.mkdir(parents=True)
    nest(leftover, 2000)
    volumes.recover()
    assert list((tmp_path / "volumes").iterdir()) == []
