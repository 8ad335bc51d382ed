"""Tests of sandboxes.copies; what changes in a copy is seen in tests/integration/magics/test_sandboxes_elsewhere.py."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.sandboxes import copies
from jupyter_containers.sandboxes.copies import Copied, within

LATER = datetime.now(UTC) + timedelta(hours=1)


class Box:
    """A container that keeps the tar it is given, and gives another."""

    def __init__(self, *members: tuple[str, bytes | str]) -> None:
        self.members = members
        self.names: list[str] = []

    @property
    def archives(self) -> Any:
        return SimpleNamespace(put=self._put, get=self._get)

    def _put(self, _: str, folder: str, file: Any) -> None:
        assert folder == "/"
        with tarfile.open(fileobj=file) as tar:
            self.names = tar.getnames()

    def _get(self, _: str, path: str) -> Iterator[bytes]:
        file, root = io.BytesIO(), path.rpartition("/")[2]
        with tarfile.open(fileobj=file, mode="w") as tar:
            for name, content in self.members:
                member = tarfile.TarInfo(f"{root}/{name}")
                member.mode = 0o644
                if isinstance(content, str):
                    member.type = tarfile.SYMTYPE if content else tarfile.DIRTYPE
                    member.linkname, content = content, b""
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
        yield file.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "folder"
    (folder / "sub/deep").mkdir(parents=True)
    (folder / "venv").mkdir()
    for name in ("a", ".env", "x.key", "sub/b", "sub/deep/c", "venv/python"):
        (folder / name).write_text("one")
        (folder / name).chmod(0o644)
    (folder / "link").symlink_to("a")
    os.mkfifo(folder / "pipe")
    return folder


def changed(folder: Path, *members: tuple[str, bytes | str], began_at: datetime = LATER) -> list[str]:
    box: Any = Box(*members)
    copied = Copied(folder, ("*.key", ".env"), (f"{folder}/venv",))
    found = copied.changes(box, "c", began_at=began_at)
    return [f"{change.letter} {os.path.relpath(change.path, folder)}" for change in found]


def test_secrets_pipes_and_python_are_not_copied(folder: Path) -> None:
    box: Any = Box()
    Copied(folder, ("*.key", ".env"), (f"{folder}/venv",)).put(box, "c")
    place = str(folder).lstrip("/")
    assert sorted(box.names) == [
        place, *(f"{place}/{name}" for name in ("a", "link", "sub", "sub/b", "sub/deep", "sub/deep/c")),
    ]  # fmt: skip


def test_a_folder_that_is_too_large_is_not_copied(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    box: Any = Box()
    monkeypatch.setattr(copies, "MOST_FILES", 3)
    with pytest.raises(InvalidParameter, match="work in a smaller folder"):
        Copied(folder).put(box, "c")


SAME: tuple[tuple[str, bytes | str], ...] = (
    ("a", b"one"), ("link", "a"), ("sub", ""), ("sub/b", b"one"), ("sub/deep", ""), ("sub/deep/c", b"one"),
)  # fmt: skip


def test_what_is_the_same_has_not_changed(folder: Path) -> None:
    assert changed(folder, *SAME) == []


def test_content_of_the_same_size_is_compared(folder: Path) -> None:
    assert changed(folder, ("a", b"two"), *SAME[1:]) == ["C a"]
    assert changed(folder, ("a", b"three"), *SAME[1:]) == ["C a"]
    assert changed(folder, SAME[0], ("link", "/etc"), *SAME[2:]) == ["C link"]
    (folder / "a").chmod(0o600)
    assert changed(folder, *SAME) == ["C a"]


def test_new_files_are_told_and_new_folders_when_they_are_empty(folder: Path) -> None:
    new = (("n", ""), ("n/x", b"x"), ("empty", ""), ("__pycache__", ""), ("__pycache__/x", b""))
    assert changed(folder, *SAME, *new) == ["A empty", "A n/x"]


def test_what_was_not_copied_is_new_where_the_sandbox_makes_it(folder: Path) -> None:
    # Neither is the secret here shown as what was there before, nor is it written over without being asked.
    (folder / "secret.key").mkdir()
    assert changed(folder, *SAME, (".env", b"two"), ("secret.key", ""), ("secret.key/x", b"x")) == [
        "A .env", "A secret.key/x",
    ]  # fmt: skip


def test_a_deleted_folder_is_told_once(folder: Path) -> None:
    assert changed(folder, *SAME[:2]) == ["D sub"]
    assert changed(folder, SAME[0], *SAME[2:-1]) == ["D link", "D sub/deep/c"]
    # What was put here since the sandbox began was not deleted in it.
    assert changed(folder, *SAME[:2], began_at=datetime(2020, 1, 1, tzinfo=UTC)) == []


def test_a_label_brings_it_back(folder: Path) -> None:
    copied = Copied(folder, ("*.key",), ("/x",))
    assert Copied.from_label(folder, copied.to_label()) == copied
    with pytest.raises(InvalidParameter, match="makes no sense"):
        Copied.from_label(folder, "[]")


def test_places_in_a_folder() -> None:
    assert within([Path("/a/b"), Path("/ab"), Path("/a")], Path("/a")) == ("/a/b", "/a")
