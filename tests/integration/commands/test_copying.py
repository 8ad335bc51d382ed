"""Tests of commands.copying."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_containers.commands.copying import split
from jupyter_containers.commands.parsing import UsageError
from jupyter_containers.errors import NotFound
from tests.integration.commands.conftest import Do


def test_a_file_goes_in_and_out(do: Do, box: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    do("cp", "a", "box:/tmp")
    do("cp", "a", "box:/tmp/b")
    do("cp", "box:/tmp/b", "c")
    assert (tmp_path / "c").read_text() == "1"
    (tmp_path / "folder").mkdir()
    do("cp", "box:/tmp/a", "folder")
    assert (tmp_path / "folder" / "a").read_text() == "1"


def test_a_folder_comes_out_under_another_name(do: Do, box: str, tmp_path: Path) -> None:
    do("exec", box, "sh", "-c", "mkdir -p /tmp/d/e; echo 2 >/tmp/d/e/f; ln -s /etc/passwd /tmp/d/link")
    do("cp", "box:/tmp/d", "out")
    assert (tmp_path / "out" / "e" / "f").read_text() == "2\n"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_what_cannot_be_copied_is_said(do: Do, box: str) -> None:
    with pytest.raises(UsageError, match="one side is CONTAINER:PATH"):
        do("cp", "a", "b")
    with pytest.raises(NotFound, match="it is not there"):
        do("cp", "none", "box:/tmp")
    with pytest.raises(NotFound, match="there is no folder"):
        do("cp", "box:/bin/sh", "none/here")


def test_a_path_with_a_colon_is_one_when_it_looks_so() -> None:
    assert split("./a:b") == ("", "./a:b")
    assert split("web:/a:b") == ("web", "/a:b")
