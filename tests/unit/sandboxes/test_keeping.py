"""Tests of sandboxes.keeping: what a hostile sandbox and hostile folders here can bring about, which is nothing."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from jupyter_containers.sandboxes.changes import FileChange, Kind
from jupyter_containers.sandboxes.keeping import take_over
from tests.support.sandbox_double import Change, SandboxDaemon


def taken(folder: Path, change: FileChange, content: bytes = b"new", *, mode: int = 0o644, target: str = "") -> str:
    """Take one change over; return why it could not be, "" if it could."""
    client: Any = SandboxDaemon({change.path: Change("A", content, mode, target)})
    made, refused = take_over(client, "c", [change], folder=folder)
    assert len(made) + len(refused) == 1
    return refused[0].reason if refused else ""


def file(path: Path | str, letter: str = "A", kind: Kind = Kind.FILE) -> FileChange:
    return FileChange(letter, str(path), kind, 3, 0o755)


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/victim").write_text("mine")
    return tmp_path / "outside"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "folder").mkdir()
    return tmp_path / "folder"


def test_a_file_is_replaced_with_its_mode_and_owner(folder: Path) -> None:
    (folder / "a").write_text("old")
    os.chown(folder / "a", 1234, 4321)
    assert taken(folder, file(folder / "a", "C"), mode=0o6750) == ""
    status = (folder / "a").stat()
    assert ((folder / "a").read_text(), status.st_mode & 0o7777, status.st_uid, status.st_gid) == (
        "new", 0o750, 1234, 4321,
    )  # fmt: skip


def test_what_is_missing_on_the_way_is_made_and_belongs_to_whose_folder_it_is(folder: Path) -> None:
    os.chown(folder, 1234, 4321)
    assert taken(folder, file(folder / "x/y/z")) == ""
    assert [(folder / name).stat().st_uid for name in ("x", "x/y", "x/y/z")] == [1234] * 3


def test_a_link_on_the_way_is_not_followed(folder: Path, outside: Path) -> None:
    (folder / "way").symlink_to(outside)
    for letter in "ACD":
        assert "a link could lead out" in taken(folder, file(folder / "way/victim", letter))
    assert [(path.name, path.read_text()) for path in outside.iterdir()] == [("victim", "mine")]


def test_a_link_in_the_place_is_not_written_through(folder: Path, outside: Path) -> None:
    (folder / "a").symlink_to(outside / "victim")
    assert "there is a link of its name here" in taken(folder, file(folder / "a"))
    assert taken(folder, file(folder / "a", "D")) == ""
    assert (outside / "victim").read_text() == "mine"


def test_a_deleted_folder_goes_without_what_its_links_lead_to(folder: Path, outside: Path) -> None:
    (folder / "sub").mkdir()
    (folder / "sub/link").symlink_to(outside)
    assert taken(folder, file(folder / "sub", "D", Kind.FOLDER)) == ""
    assert not (folder / "sub").exists()
    assert (outside / "victim").exists()


def test_a_name_that_is_none_here_does_not_end_the_others(folder: Path) -> None:
    bad, good = file(f"{folder}/a\ud800"), file(folder / "b")
    client: Any = SandboxDaemon({one.path: Change("A", b"new") for one in (bad, good)})
    made, refused = take_over(client, "c", [bad, good], folder=folder)
    assert (made, [one.path for one in refused]) == ([good], [bad.path])
    assert [path.name for path in folder.iterdir()] == ["b"]


def test_the_folder_itself_is_not_deleted(folder: Path) -> None:
    assert taken(folder, file(folder, "D", Kind.FOLDER)) == "it is no file in a folder"
    assert folder.is_dir()


def test_a_link_that_calls_itself_a_file_is_not_made(folder: Path) -> None:
    assert "no plain file" in taken(folder, file(folder / "a"), target="/etc/shadow")
    assert list(folder.iterdir()) == []


def test_a_file_that_cannot_be_written_leaves_nothing(folder: Path) -> None:
    (folder / "a").mkdir()
    assert "there is a folder of its name here" in taken(folder, file(folder / "a"))
    (folder / "plain").write_text("x")
    assert "no folder here" in taken(folder, file(folder / "plain/b"))
    assert "something else has its name" in taken(folder, file(folder / "plain", "A", Kind.FOLDER))
    assert not [path for path in folder.rglob("*") if path.name.endswith(".kept")]


def test_a_new_folder_is_made(folder: Path) -> None:
    assert taken(folder, file(folder / "new", "A", Kind.FOLDER)) == ""
    assert (folder / "new").is_dir()
