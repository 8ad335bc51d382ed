from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_containers.linux import constants as c
from jupyter_containers.linux import libc
from jupyter_containers.linux.safe_paths import make_directories_in_root, make_file_in_root, open_in_root

DIRECTORY = os.O_PATH | os.O_DIRECTORY


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "root").mkdir()
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_text("secret")
    return tmp_path / "root"


@pytest.fixture
def root_fd(root: Path) -> Iterator[int]:
    fd = os.open(root, DIRECTORY)
    yield fd
    os.close(fd)


def place(fd: int) -> str:
    try:
        return os.readlink(f"/proc/self/fd/{fd}")
    finally:
        os.close(fd)


@pytest.mark.parametrize("target", ["/etc", "../../../../etc", "/../etc", "other"])
def test_links_stay_inside(root: Path, root_fd: int, target: str) -> None:
    (root / "etc").mkdir()
    (root / "etc" / "passwd").write_text("inside")
    (root / "other").symlink_to("/etc")
    (root / "link").symlink_to(target)
    with os.fdopen(open_in_root(root_fd, "link/passwd", os.O_RDONLY)) as file:
        assert file.read() == "inside"


def test_dots_stay_inside(root: Path, root_fd: int) -> None:
    assert place(open_in_root(root_fd, "../../..", DIRECTORY)) == str(root)
    assert place(open_in_root(root_fd, "/", DIRECTORY)) == str(root)
    assert place(open_in_root(root_fd, "", DIRECTORY)) == str(root)
    with pytest.raises(FileNotFoundError):
        open_in_root(root_fd, "../outside/secret", os.O_RDONLY)


def test_magic_links_are_refused() -> None:
    proc_fd = os.open("/proc", DIRECTORY)
    try:
        with pytest.raises(OSError) as caught:
            open_in_root(proc_fd, "self/root/etc", DIRECTORY)
        assert caught.value.errno in {errno.ELOOP, errno.EXDEV}
    finally:
        os.close(proc_fd)


def test_a_mount_can_be_kept_out(root_fd: int) -> None:
    slash_fd = os.open("/", DIRECTORY)
    try:
        with pytest.raises(OSError) as caught:
            open_in_root(slash_fd, "proc/version", os.O_PATH, resolve=c.RESOLVE_IN_ROOT | c.RESOLVE_NO_XDEV)
        assert caught.value.errno == errno.EXDEV
    finally:
        os.close(slash_fd)


def test_a_new_file_gets_its_mode_and_closes_on_exec(root: Path, root_fd: int) -> None:
    fd = open_in_root(root_fd, "/new", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)
    try:
        assert not os.get_inheritable(fd)
        assert os.fstat(fd).st_mode & 0o777 == 0o640
    finally:
        os.close(fd)
    os.close(open_in_root(root_fd, "new", os.O_RDONLY, 0o640))  # openat2 itself would refuse the mode


def test_directories_are_made(root: Path, root_fd: int) -> None:
    assert place(make_directories_in_root(root_fd, "/a/./b//c/", 0o750)) == f"{root}/a/b/c"
    assert (root / "a" / "b").stat().st_mode & 0o777 == 0o750
    assert place(make_directories_in_root(root_fd, b"a/b/c")) == f"{root}/a/b/c"
    assert place(make_directories_in_root(root_fd, "")) == str(root)


@pytest.mark.parametrize("target", ["/deep/er", "../../deep/er", "deep/er"])
def test_a_dangling_links_target_is_made_inside(root: Path, root_fd: int, target: str) -> None:
    (root / "link").symlink_to(target)
    assert place(make_directories_in_root(root_fd, "x/../link/end")) == f"{root}/deep/er/end"
    assert not (root.parent / "deep").exists()


@pytest.mark.parametrize("target", ["/run/deep/file", "../../run/deep/file", "../run/deep/file"])
def test_a_file_is_made_where_a_dangling_link_leads_inside(root: Path, root_fd: int, target: str) -> None:
    (root / "etc").mkdir()
    (root / "etc/second").symlink_to(target)
    (root / "etc/first").symlink_to("second")
    assert place(make_file_in_root(root_fd, "/etc/first")) == f"{root}/run/deep/file"
    assert (root / "run/deep/file").read_bytes() == b""
    assert not (root.parent / "run").exists()
    (root / "run/deep/file").write_text("kept")
    assert place(make_file_in_root(root_fd, "etc/second")) == f"{root}/run/deep/file"
    assert (root / "run/deep/file").read_text() == "kept"


def test_a_file_is_not_made_at_the_end_of_a_loop(root: Path, root_fd: int) -> None:
    (root / "one").symlink_to("two")
    (root / "two").symlink_to("one")
    with pytest.raises(OSError) as caught:
        make_file_in_root(root_fd, "one")
    assert caught.value.errno == errno.ELOOP


def test_dots_never_climb_over_the_root(root: Path, root_fd: int) -> None:
    assert place(make_directories_in_root(root_fd, "../../up")) == f"{root}/up"
    assert not (root.parent / "up").exists()


def test_a_loop_of_links_is_refused(root: Path, root_fd: int) -> None:
    (root / "one").symlink_to("two")
    (root / "two").symlink_to("one/x")
    with pytest.raises(OSError) as caught:
        make_directories_in_root(root_fd, "one/y")
    assert caught.value.errno == errno.ELOOP


@pytest.mark.parametrize("path", ["file", "file/x"])
def test_a_file_in_the_way_is_refused(root: Path, root_fd: int, path: str) -> None:
    (root / "file").write_text("")
    with pytest.raises(NotADirectoryError):
        os.close(make_directories_in_root(root_fd, path))


def test_a_directory_swapped_for_a_link_outside_is_never_followed_out(root: Path, root_fd: int) -> None:
    real, link = root / "real", root / "link"
    real.mkdir()
    link.symlink_to(root.parent / "outside")
    stop = threading.Event()

    def swap() -> None:
        while not stop.is_set():
            libc.call("renameat2", c.AT_FDCWD, bytes(real), c.AT_FDCWD, bytes(link), 2)  # RENAME_EXCHANGE

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        made = 0
        for _ in range(500):
            try:
                assert place(make_directories_in_root(root_fd, "real/new")).startswith(f"{root}/")
                made += 1
            except FileNotFoundError:
                pass  # swapped between two steps: refused is safe, too
        assert made
    finally:
        stop.set()
        thread.join()
    assert [entry.name for entry in (root.parent / "outside").iterdir()] == ["secret"]
