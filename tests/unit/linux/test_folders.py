"""Tests of linux.folders."""

from __future__ import annotations

from pathlib import Path

from jupyter_containers.linux.folders import remove_flat


def test_files_and_named_folders_go(tmp_path: Path) -> None:
    place = tmp_path / "b"
    (place / "rootfs").mkdir(parents=True)
    (place / "config.json").write_text("{}")
    remove_flat(str(place), folders=("rootfs",))
    assert not place.exists()


def test_what_is_deeper_than_expected_goes_too(tmp_path: Path) -> None:
    place = tmp_path / "b"
    (place / "rootfs" / "deep").mkdir(parents=True)
    (place / "rootfs" / "deep" / "file").touch()
    (place / "other").mkdir()
    remove_flat(str(place), folders=("rootfs",))
    assert not place.exists()


def test_what_is_not_there_is_no_error(tmp_path: Path) -> None:
    remove_flat(str(tmp_path / "nothing"))


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "file").touch()
    place = tmp_path / "b"
    place.mkdir()
    (place / "link").symlink_to(tmp_path / "kept")
    remove_flat(str(place))
    assert not place.exists()
    assert (tmp_path / "kept" / "file").exists()


def test_a_link_in_the_place_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "file").touch()
    (tmp_path / "b").symlink_to(tmp_path / "kept")
    remove_flat(str(tmp_path / "b"))
    assert (tmp_path / "kept" / "file").exists()
