"""Tests of build.operations.step_folders, with the memory that this machine's programs share."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from jupyter_containers.build.operations.step_folders import StepFolders, clear


@pytest.mark.parametrize("in_memory", [False, True])
def test_a_folder_is_for_us_alone_and_goes_with_what_is_in_it(tmp_path: Path, in_memory: bool) -> None:
    with StepFolders(tmp_path).made("mount", in_memory=in_memory) as folder:
        assert folder.stat().st_mode & 0o777 == 0o700
        assert folder.parent == (Path("/dev/shm") if in_memory else tmp_path)
        (folder / "deep").mkdir()
        (folder / "deep" / "file").touch()
    assert not folder.exists()
    assert not list(tmp_path.iterdir())


def test_what_was_left_in_memory_is_found_again(tmp_path: Path) -> None:
    folders = StepFolders(tmp_path)
    with folders.made("secret", in_memory=True) as folder:
        (folder / "secret").write_text("x")
        clear(tmp_path)
        assert not folder.exists()


def test_links_to_other_places_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "place").mkdir()
    (tmp_path / "other").mkdir()
    os.symlink(tmp_path / "other", tmp_path / "place" / "build-secret-1")
    os.symlink("/dev/shm/../../nowhere", tmp_path / "place" / "build-secret-2")
    with tempfile.TemporaryDirectory(prefix="build-secret-", dir="/dev/shm") as others:
        os.symlink(others, tmp_path / "place" / "build-secret-3")
        clear(tmp_path / "place")
        assert Path(others).is_dir()
    assert (tmp_path / "other").is_dir()


def test_a_place_that_is_not_there_yet_has_nothing_to_clear(tmp_path: Path) -> None:
    clear(tmp_path / "none")
