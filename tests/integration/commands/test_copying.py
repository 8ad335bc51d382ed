"""Tests of commands.copying."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_containers.commands.copying import split
from jupyter_containers.commands.parsing import UsageError
from jupyter_containers.errors import ContainersError, NotFound
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


def test_what_is_in_a_folder_goes_without_it(do: Do, box: str, tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "f").write_text("3")
    do("cp", "d/.", "box:/tmp")
    do("cp", "d/.", "box:/new")
    assert do("exec", box, "sh", "-c", "cat /tmp/f /new/f").text() == "33"
    do("exec", box, "sh", "-c", "echo 4 >/new/g")
    do("cp", "box:/new/.", "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["f", "g"]


def test_a_link_stays_one_under_its_name(do: Do, box: str, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("f")
    do("cp", "link", "box:/tmp")
    assert do("exec", box, "readlink", "/tmp/link").text() == "f"


def test_a_link_inside_leads_where_it_leads(do: Do, box: str, tmp_path: Path) -> None:
    do("exec", box, "sh", "-c", "mkdir /d; ln -s d /folder; ln -s /d/b /file")
    (tmp_path / "a").write_text("5")
    do("cp", "a", "box:/folder")
    do("cp", "a", "box:/file")
    assert do("exec", box, "sh", "-c", "cat /d/a /d/b; readlink /folder; readlink /file").text() == "55d\n/d/b"


def test_devices_are_left_out_and_said(do: Do, box: str, tmp_path: Path) -> None:
    do("exec", box, "sh", "-c", "mkdir /d; mknod /d/null$(printf '\\033') c 1 3; touch /d/f")
    assert do("cp", "box:/d", "out").text().splitlines()[1] == "left out, as they are devices: d/null?"
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["f"]


def test_what_cannot_be_copied_is_said(do: Do, box: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="one side is CONTAINER:PATH"):
        do("cp", "a", "b")
    with pytest.raises(NotFound, match="it is not there"):
        do("cp", "none", "box:/tmp")
    with pytest.raises(NotFound, match="there is no folder"):
        do("cp", "box:/bin/sh", "none/here")
    (tmp_path / "file").touch()
    with pytest.raises(ContainersError, match="cannot copy box:/bin to file: Not a directory"):
        do("cp", "box:/bin", "file")
    with pytest.raises(NotFound, match="box:/none is not there"):
        do("cp", "file", "box:/none/here")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize(
    "words", ["cp - box:/x", "cp box:/x -", "save -o - box", "load -i -", "export -o - box", "import -"]
)
def test_standard_streams_are_refused(do: Do, words: str) -> None:
    with pytest.raises(UsageError, match="- as standard input or output is not supported here; give a file"):
        do(*words.split())


def test_a_path_with_a_colon_is_one_when_it_looks_so() -> None:
    assert split("./a:b") == ("", "./a:b")
    assert split("web:/a:b") == ("web", "/a:b")
