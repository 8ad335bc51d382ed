"""Tests of sandboxes.choice."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from jupyter_containers.errors import NotFound
from jupyter_containers.sandboxes.changes import FileChange, Kind
from jupyter_containers.sandboxes.choice import Choice, choose

LATER = datetime.now(UTC) + timedelta(hours=1)


def chosen(folder: Path, *changes: FileChange, paths: tuple[str, ...] = (), force: bool = False) -> Choice:
    return choose(changes, paths, folder=folder, began_at=LATER, force=force)


def file(path: str, letter: str = "A", kind: Kind = Kind.FILE) -> FileChange:
    return FileChange(letter, path, kind, 1, 0o644)


def test_without_paths_it_is_what_is_in_the_folder(tmp_path: Path) -> None:
    inside, outside = file(f"{tmp_path}/a"), file("/elsewhere/b")
    assert chosen(tmp_path, inside, outside) == Choice((inside,))
    assert chosen(tmp_path, inside, outside, paths=("a",)).taken == (inside,)
    with pytest.raises(NotFound, match="nothing has changed at b"):
        chosen(tmp_path, inside, outside, paths=("a", "b"))


@pytest.mark.parametrize("path", ["/etc/passwd", "/usr/bin/x", "/var/spool/cron/x"])
def test_the_systems_own_is_taken_only_by_force(tmp_path: Path, path: str) -> None:
    assert "belongs to the system" in chosen(tmp_path, file(path), paths=(path,)).refused[0].reason
    assert chosen(tmp_path, file(path), paths=(path,), force=True).taken


@pytest.mark.parametrize("path", ["/proc/sys/x", "/sys/x", "/dev/sda", "/run/x"])
def test_the_kernels_own_is_never_taken(tmp_path: Path, path: str) -> None:
    assert chosen(tmp_path, file(path), paths=(path,), force=True).taken == ()


@pytest.mark.parametrize("kind", [Kind.LINK, Kind.OTHER, Kind.UNKNOWN])
def test_links_and_devices_are_never_taken(tmp_path: Path, kind: Kind) -> None:
    (refused,) = chosen(tmp_path, file(f"{tmp_path}/x", kind=kind), force=True).refused
    assert refused.reason.startswith(("it is a ", "nobody could look"))


def test_a_name_with_dots_is_never_taken(tmp_path: Path) -> None:
    assert chosen(tmp_path, file(f"{tmp_path}/x/../../../etc/passwd"), force=True).taken == ()


def test_a_folder_of_somebody_else_is_not_written_to(tmp_path: Path) -> None:
    place = tmp_path / "theirs"
    place.mkdir()
    os.chown(place, 4321, 4321)
    change = file(f"{place}/sub/x")
    assert "somebody else" in chosen(tmp_path / "mine", change, paths=(change.path,)).refused[0].reason


def test_what_happened_here_meanwhile_is_not_lost(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    (tmp_path / "sub").mkdir()
    changes = (file(f"{tmp_path}/a"), file(f"{tmp_path}/sub", "D", Kind.FOLDER))
    reasons = [refused.reason for refused in chosen(tmp_path, *changes).refused]
    assert ["there is one here" in reasons[0], "it is a folder here" in reasons[1]] == [True, True]
    assert chosen(tmp_path, file(f"{tmp_path}/a", "C")).taken
    os.utime(tmp_path / "a", (LATER.timestamp() + 1,) * 2)
    assert "changed here since" in chosen(tmp_path, file(f"{tmp_path}/a", "C")).refused[0].reason
    assert len(chosen(tmp_path, *changes, force=True).taken) == 2
