"""Volumes: names, anonymity, use, leftovers."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any, cast

import pytest

from jupyter_containers.engine.events import Events
from jupyter_containers.engine.volumes import Volumes
from jupyter_containers.errors import Conflict, ContainersError, InvalidParameter, NotFound
from jupyter_containers.metadata import volumes as records
from jupyter_containers.metadata.database import Database


class HostWithoutKernel:
    """What is mounted where, in a list; `refusal` is what a mount fails with."""

    def __init__(self) -> None:
        self.mounted: dict[Path, str] = {}
        self.refusal: OSError | None = None
        self.swept: list[tuple[Path, set[str]]] = []

    def mount(self, device: str, path: Path, fs_type: str, *, flags: int, propagation: int, data: str) -> None:
        if self.refusal is not None:
            raise self.refusal
        assert path not in self.mounted, "mounted twice"
        self.mounted[path] = f"{fs_type} {device} {flags:#x} {data}"

    def unmount(self, path: Path) -> None:
        del self.mounted[path]

    def open(self, path: Path) -> int:
        assert path in self.mounted
        return os.open(path, os.O_PATH | os.O_DIRECTORY)

    def had_mounts(self, root: Path) -> bool:
        return any(path.is_relative_to(root) for path in self.mounted)

    def sweep(self, root: Path, keep: Any) -> None:
        kept = set(keep)
        self.swept.append((root, kept))
        for path in list(self.mounted):
            if path.is_relative_to(root) and path.relative_to(root).parts[0] not in kept:
                self.unmount(path)


@pytest.fixture
def host() -> HostWithoutKernel:
    return HostWithoutKernel()


@pytest.fixture
def volumes(tmp_path: Path, host: HostWithoutKernel) -> Volumes:
    known = records.Volumes(Database(tmp_path / "metadata.db"))
    now = "2026-01-01T00:00:00Z"
    return Volumes(tmp_path / "volumes", known, Events(), host=cast(Any, host), now=lambda: now)


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


@pytest.mark.parametrize("name", ["../etc", "a", "/abs", "-x", "a b", "x" * 256])
def test_a_bad_name_is_refused_with_the_name(volumes: Volumes, name: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        volumes.ensure(name)
    assert name in str(caught.value)


def test_options_and_drivers_that_are_not_there_are_refused(volumes: Volumes) -> None:
    with pytest.raises(InvalidParameter, match='create data1: missing required option: "type"'):
        volumes.ensure("data1", options={"device": "tmpfs"})
    with pytest.raises(NotFound, match='error looking up volume plugin nfs-plugin: plugin "nfs-plugin" not found'):
        volumes.ensure("data1", driver="nfs-plugin")
    assert volumes.all() == []


TMPFS = {"type": "tmpfs", "device": "tmpfs", "o": "size=1m,nodev"}


def test_a_volume_with_options_is_mounted_from_its_first_user_to_its_last(
    volumes: Volumes, host: HostWithoutKernel
) -> None:
    volume = volumes.ensure("fast", options=TMPFS)
    volumes.acquire(volume, "c1")
    volumes.acquire(volume, "c2")
    volumes.acquire(volume, "c2")
    assert host.mounted == {volume.path: "tmpfs tmpfs 0x4 size=1m"}
    assert volumes.release("fast", "c2")
    assert not volumes.release("fast", "c2")
    assert host.mounted
    assert volumes.release("fast", "c1")
    assert not host.mounted


def test_a_volume_without_options_is_never_mounted(volumes: Volumes, host: HostWithoutKernel) -> None:
    volume = volumes.ensure("plain")
    volumes.acquire(volume, "c1")
    assert not host.mounted
    assert volumes.release("plain", "c1")


def test_a_mount_that_fails_is_not_counted(volumes: Volumes, host: HostWithoutKernel) -> None:
    volume = volumes.ensure("fast", options=TMPFS)
    host.refusal = OSError(19, "No such device")
    with pytest.raises(ContainersError, match=r"failed to mount local volume: mount tmpfs:.*: no such device"):
        volumes.acquire(volume, "c1")
    assert not volumes.release("fast", "c1")
    host.refusal = None
    volumes.acquire(volume, "c1")
    assert host.mounted


def test_who_looks_into_a_volume_has_it_mounted_meanwhile(volumes: Volumes, host: HostWithoutKernel) -> None:
    volume = volumes.ensure("fast", options=TMPFS)
    with volumes.opened(volume) as path:
        assert host.mounted
        assert path.resolve() == volume.path
    assert not host.mounted
    volumes.acquire(volume, "c1")
    with volumes.opened(volume):
        pass
    assert host.mounted


def test_after_a_restart_what_runs_keeps_its_mounts_and_nothing_else(volumes: Volumes, host: HostWithoutKernel) -> None:
    kept, left = volumes.ensure("kept", options=TMPFS), volumes.ensure("left", options=TMPFS)
    host.mounted = {kept.path: "", left.path: ""}
    volumes.adopt(kept, "c1")
    volumes.release_strays()
    assert list(host.mounted) == [kept.path]
    assert volumes.release("kept", "c1")
    assert not host.mounted


def test_what_a_volume_shows_is_not_removed_with_it(volumes: Volumes, host: HostWithoutKernel) -> None:
    volume = volumes.ensure("shown", options=TMPFS)
    asyncio.run(volumes.remove("shown"))
    [(swept, kept)] = host.swept
    assert (swept.parent, kept) == (volume.path.parents[1], set())
    assert not volume.path.parent.exists()


def test_a_name_is_free_as_soon_as_its_volume_is_removed(volumes: Volumes) -> None:
    async def main() -> None:
        nest(volumes.ensure("again").path, 2000)
        removing = asyncio.ensure_future(volumes.remove("again"))
        await asyncio.sleep(0)
        (volumes.ensure("again").path / "file").write_text("new")
        await removing

    asyncio.run(main())
    assert (volumes.get("again").path / "file").read_text() == "new"


def test_a_prune_passes_over_what_goes_meanwhile(volumes: Volumes) -> None:
    async def main() -> list[tuple[list[str], int]]:
        for _ in range(5):
            nest(volumes.ensure().path, 200)
        return await asyncio.gather(*(volumes.prune(lambda _volume: True) for _ in range(3)))

    pruned = asyncio.run(main())
    assert len({name for names, _ in pruned for name in names}) == sum(len(names) for names, _ in pruned) == 5


def test_prune_spares_what_is_elsewhere(volumes: Volumes) -> None:
    volumes.ensure("fast", options=TMPFS)
    assert asyncio.run(volumes.prune(lambda _volume: True)) == ([], 0)


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
