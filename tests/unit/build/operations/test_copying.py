"""Copies between two folders of the user; owners are tested as root in tests/integration/build."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from jupyter_containers.build.failures import CopyFailed
from jupyter_containers.build.operations.copying import Copier, Dress
from jupyter_containers.build.operations.modes import ModeChange
from jupyter_containers.build.tree import Tree

MINE = (os.getuid(), os.getgid())


class Places:
    """A tree to copy from, a root to copy into, and something outside that must not change."""

    def __init__(self, folder: Path) -> None:
        self.source, self.root, self.outside = folder / "source", folder / "root", folder / "outside"
        for path in (self.source, self.root, self.outside):
            path.mkdir()

    def put(self, name: str, content: str = "") -> Path:
        path = self.source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content or name)
        return path

    @contextmanager
    def copier(self, mode: int | None = None, is_bare: bool = False) -> Iterator[tuple[Copier, Tree]]:
        root_fd = os.open(self.root, os.O_PATH | os.O_DIRECTORY)
        try:
            with Tree(self.source) as tree:
                dress = Dress(MINE, None if mode is None else ModeChange(f"{mode:o}", mode))
                yield Copier(tree, root_fd, dress, is_bare=is_bare), tree
        finally:
            os.close(root_fd)

    def copy(self, source: str, destination: str, mode: int | None = None, *, is_bare: bool = False) -> None:
        with self.copier(mode, is_bare) as (copier, tree):
            for match in tree.find(source):
                copier.copy(match, destination)

    def listing(self) -> list[str]:
        return sorted(path.relative_to(self.root).as_posix() for path in self.root.rglob("*"))


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path)


def test_a_file_goes_to_a_name_or_into_a_folder(places: Places) -> None:
    places.put("a")
    places.copy("a", "/x/y")
    places.copy("a", "/d/")
    places.copy("a", "/x")
    assert places.listing() == ["d", "d/a", "x", "x/a", "x/y"]


def test_of_a_folder_the_content_is_copied_and_merged(places: Places) -> None:
    places.put("dir/one")
    places.put("dir/sub/two")
    (places.root / "d/sub").mkdir(parents=True)
    (places.root / "d/sub/kept").touch()
    places.copy("dir", "/d")
    assert places.listing() == ["d", "d/one", "d/sub", "d/sub/kept", "d/sub/two"]


def test_modes_and_times_are_kept_and_new_folders_are_0755(places: Places) -> None:
    path = places.put("dir/run")
    path.chmod(0o4711)
    os.utime(path, (1_000_000_000, 1_000_000_000))
    places.put("dir/private/file").parent.chmod(0o700)
    os.utime(places.source / "dir/private", (1_100_000_000, 1_100_000_000))
    before = os.umask(0o077)
    try:
        places.copy("dir", "/new/d")
    finally:
        os.umask(before)
    copied = (places.root / "new/d/run").stat()
    assert (stat.S_IMODE(copied.st_mode), copied.st_mtime) == (0o4711, 1_000_000_000)
    private = (places.root / "new/d/private").stat()
    assert (stat.S_IMODE(private.st_mode), private.st_mtime) == (0o700, 1_100_000_000)
    assert stat.S_IMODE((places.root / "new").stat().st_mode) == 0o755


def test_a_mode_given_is_that_of_files_and_folders(places: Places) -> None:
    places.put("dir/sub/a")
    places.copy("dir", "/d", mode=0o750)
    assert {stat.S_IMODE((places.root / name).stat().st_mode) for name in ("d/sub", "d/sub/a")} == {0o750}


def test_links_in_a_folder_are_copied_as_links(places: Places) -> None:
    places.put("dir/a")
    (places.source / "dir/link").symlink_to("/etc/passwd")
    places.copy("dir", "/d")
    assert os.readlink(places.root / "d/link") == "/etc/passwd"


def test_a_link_that_is_the_source_itself_is_followed(places: Places) -> None:
    places.put("a", "content")
    (places.source / "link").symlink_to("a")
    places.copy("link", "/d/")
    assert (places.root / "d/link").read_text() == "content"
    assert not (places.root / "d/link").is_symlink()


def test_hard_links_stay_together_and_pipes_are_made(places: Places) -> None:
    os.link(places.put("dir/a"), places.source / "dir/b")
    os.mkfifo(places.source / "dir/pipe")
    places.copy("dir", "/d")
    assert (places.root / "d/a").stat().st_ino == (places.root / "d/b").stat().st_ino
    assert stat.S_ISFIFO((places.root / "d/pipe").stat().st_mode)


def test_attributes_of_the_user_are_kept(places: Places) -> None:
    os.setxattr(places.put("dir/a"), "user.note", b"x")
    places.copy("dir", "/d")
    assert os.getxattr(places.root / "d/a", "user.note") == b"x"


def test_what_is_in_the_way_is_replaced(places: Places) -> None:
    for name in ("dir/file", "dir/folder/a", "dir/link"):
        places.put(name)
    (places.root / "d/file/full").mkdir(parents=True)
    (places.root / "d/folder").symlink_to(places.outside)
    (places.root / "d/link").symlink_to(places.outside / "made")
    places.copy("dir", "/d")
    assert (places.root / "d/file").read_text() == "dir/file"
    assert not (places.root / "d/folder").is_symlink()
    assert list(places.outside.iterdir()) == []


def test_links_on_the_way_are_followed_inside_the_root_only(places: Places) -> None:
    places.put("a")
    (places.root / "absolute").symlink_to("/inner")
    (places.root / "climbing").symlink_to("../../../../outside")
    (places.root / "dangling").symlink_to("/not/yet")
    for destination in ("/absolute/a", "/climbing/a", "/dangling/x/a"):
        places.copy("a", destination)
    assert {"inner/a", "outside/a", "not/yet/x/a"} <= set(places.listing())
    assert list(places.outside.iterdir()) == []


def test_a_destination_that_is_a_link_is_written_through(places: Places) -> None:
    places.put("a", "new")
    (places.root / "link").symlink_to("/real/file")
    places.copy("a", "/link")
    assert (places.root / "real/file").read_text() == "new"
    assert (places.root / "link").is_symlink()


@pytest.mark.needs("root")
def test_where_overlayfs_reads_no_device_is_made_that_it_would_take_for_a_whiteout(places: Places) -> None:
    os.mknod(places.source / "gone", stat.S_IFCHR, 0)
    with pytest.raises(PermissionError):
        places.copy("gone", "/", is_bare=True)
    assert places.listing() == []
    places.copy("gone", "/")
    assert places.listing() == ["gone"]


def test_a_destination_that_is_a_loop_of_links_fails(places: Places) -> None:
    places.put("a")
    (places.root / "loop").symlink_to("loop")
    with pytest.raises(OSError, match="symbolic links"):
        places.copy("a", "/loop")


def test_a_file_where_a_folder_must_be_is_refused(places: Places) -> None:
    places.put("dir/a")
    (places.root / "d").touch()
    for source, destination in (("dir", "/d"), ("dir/a", "/d/"), ("dir/a", "/d/x/y")):
        with pytest.raises(CopyFailed, match="cannot copy to non-directory: /d"):
            places.copy(source, destination)


def test_the_content_of_a_heredoc_becomes_a_file(places: Places) -> None:
    with places.copier() as (copier, _):
        copier.write("name", b"text", "/d/")
        copier.write("name", b"other", "/d/file")
    assert (places.root / "d/name").read_text() == "text"
    assert (places.root / "d/file").read_text() == "other"
    assert stat.S_IMODE((places.root / "d/name").stat().st_mode) == 0o644


@pytest.mark.parametrize("name", ["..", ".", "", "../outside", "a/b", "/a"])
def test_a_heredoc_is_called_as_a_file_is(places: Places, name: str) -> None:
    (places.outside / "f").touch()
    with places.copier() as (copier, _), pytest.raises(CopyFailed, match="is to be the name of a file"):
        copier.write(name, b"text", "/")
    assert (places.outside / "f").exists()
    assert places.listing() == []


def test_a_folder_that_is_there_stays_as_it_is(places: Places) -> None:
    (places.root / "a").mkdir(mode=0o700)
    with places.copier() as (copier, _):
        copier.make_directory("/a/b/c")
    assert stat.S_IMODE((places.root / "a").stat().st_mode) == 0o700
    assert stat.S_IMODE((places.root / "a/b").stat().st_mode) == 0o755
