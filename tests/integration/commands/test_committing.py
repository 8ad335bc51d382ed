"""Tests of commands.committing."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from jupyter_containers.errors import ContainersError, NotFound
from tests.integration.commands.conftest import Do


def test_a_container_becomes_an_image_and_a_tar(do: Do, box: str, tmp_path: Path) -> None:
    do("exec", box, "sh", "-c", "echo made >/new")
    assert do("commit", "-c", 'CMD ["cat", "/new"]', box, "made").text() == "made made of box"
    assert do("run", "made").text() == "made"
    assert do("save", "-o", "made.tar", "made").text().startswith("wrote made.tar (")
    do("rmi", "made")
    assert do("load", "-i", "made.tar").text() == "Loaded image: made:latest"
    do("rmi", "made")
    with tarfile.open(tmp_path / "made.tar") as tar:
        tar.extractall(tmp_path / "layout", filter="data")
    assert do("load", "-i", str(tmp_path / "layout")).text() == "Loaded image: made:latest"
    do("rmi", "made")
    do("export", "-o", "files.tar", box)
    do("import", "-c", 'CMD ["/bin/cat", "/new"]', "files.tar", "again")
    assert do("run", "again").text() == "made"
    do("rmi", "again")


def test_a_tar_that_is_not_there_is_named(do: Do) -> None:
    with pytest.raises(NotFound, match=r"there is no file .*/none\.tar"):
        do("load", "-i", "none.tar")
    with pytest.raises(ContainersError, match=r"cannot write .*/none/x\.tar: No such file or directory"):
        do("save", "-o", "none/x.tar", "busybox")
