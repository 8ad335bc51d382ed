"""Tests of sandboxes.changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jupyter_containers.sandboxes import changes
from jupyter_containers.sandboxes.changes import FileChange, Kind, find, is_below
from tests.support.sandbox_double import Change, SandboxDaemon


def found(told: dict[str, Change], folder: str = "/work") -> list[FileChange]:
    client: Any = SandboxDaemon(told)
    return find(client, "c", folder=Path(folder), left_out=("/variables",))


def test_files_of_the_folder_come_first_and_folders_are_told_by_their_files() -> None:
    told = {
        "/etc": Change("C", is_folder=True), "/etc/a": Change("A", b"12"), "/variables": Change("A", is_folder=True),
        "/work": Change("C", is_folder=True), "/work/b": Change("C", b"1", 0o600), "/work/l": Change("A", target="/x"),
        "/work/new": Change("A", is_folder=True), "/work/new/f": Change("A"),
        "/work/empty": Change("A", is_folder=True),
    }  # fmt: skip
    assert found(told) == [
        FileChange("C", "/work/b", Kind.FILE, 1, 0o600),
        FileChange("A", "/work/empty", Kind.FOLDER, None, 0o644),
        FileChange("A", "/work/l", Kind.LINK, None, 0o644),
        FileChange("A", "/work/new/f", Kind.FILE, 0, 0o644),
        FileChange("A", "/etc/a", Kind.FILE, 2, 0o644),
    ]


def test_what_was_deleted_is_known_from_this_side(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("four")
    (tmp_path / "link").symlink_to("file")
    told = {f"{tmp_path}/{name}": Change("D") for name in ("file", "gone", "link")}
    assert [(c.kind, c.size) for c in found(told, str(tmp_path))] == [
        (Kind.FILE, 4),
        (Kind.UNKNOWN, None),
        (Kind.LINK, None),
    ]


def test_of_very_many_files_only_the_first_are_looked_at() -> None:
    many = {f"/work/{number:05}": Change("A", b"x") for number in range(changes.MOST_LOOKED_AT + 1)}
    kinds = [change.kind for change in found(many)]
    assert kinds == [Kind.FILE] * changes.MOST_LOOKED_AT + [Kind.UNKNOWN]


def test_below_is_by_parts_and_not_by_letters() -> None:
    assert is_below("/work/a", ["/work"])
    assert is_below("/work", ["/work"])
    assert is_below("/a", ["/"])
    assert not is_below("/workshop", ["/work"])
