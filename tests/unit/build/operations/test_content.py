from __future__ import annotations

import os
from pathlib import Path

import pytest

from jupyter_containers.build.operations.content import copy_content
from jupyter_containers.errors import Cancelled


def copied(source: Path, target: Path, size: int | None = None) -> None:
    with source.open("rb") as read, target.open("xb") as write:
        copy_content(read.fileno(), write.fileno(), source.stat().st_size if size is None else size, check=lambda: None)


def test_bytes_arrive(tmp_path: Path) -> None:
    content = os.urandom(3_000_000)
    (tmp_path / "a").write_bytes(content)
    copied(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").read_bytes() == content


def test_an_empty_file_arrives(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    copied(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").read_bytes() == b""


def test_holes_stay_holes(tmp_path: Path) -> None:
    with (tmp_path / "a").open("wb") as file:
        file.seek(8 << 20)
        file.write(b"x")
        file.truncate(16 << 20)
    copied(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").stat().st_size == 16 << 20
    assert (tmp_path / "b").stat().st_blocks * 512 < 1 << 20
    assert (tmp_path / "b").read_bytes() == (tmp_path / "a").read_bytes()


def test_a_source_that_shrank_meanwhile_does_not_hang(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"short")
    copied(tmp_path / "a", tmp_path / "b", size=1000)
    assert (tmp_path / "b").read_bytes()[:5] == b"short"


def test_the_check_can_end_it(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")

    def check() -> None:
        raise Cancelled("no more")

    with (tmp_path / "a").open("rb") as read, (tmp_path / "b").open("xb") as write, pytest.raises(Cancelled):
        copy_content(read.fileno(), write.fileno(), 1, check=check)
