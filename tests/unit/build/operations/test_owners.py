from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jupyter_containers.build.failures import CopyFailed
from jupyter_containers.build.operations.owners import find_owner, needs_names

PASSWD = (
    b"\xff:x:1:1::/:\nroot:x:0:0::/:\nbroken:x\nodd:x:abc:1::/:\nshort:x:5\nalice:x:1000:50::/:\nbob:x:1001:7::/:\n"
)
GROUP = "root:x:0:\nstaff:x:50:\nalice:x:1005:\n"


@pytest.fixture
def root_fd(tmp_path: Path) -> Iterator[int]:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/passwd").write_bytes(PASSWD)
    (tmp_path / "etc/group").write_text(GROUP)
    fd = os.open(tmp_path, os.O_PATH | os.O_DIRECTORY)
    yield fd
    os.close(fd)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", (0, 0)), ("3:4", (3, 4)), ("3", (3, 3)), ("3:", (3, 3)), ("alice", (1000, 1005)), ("bob", (1001, 7)),
        ("alice:staff", (1000, 50)), ("3:staff", (3, 50)), ("alice:9", (1000, 9)), (":staff", (0, 50)),
        (":9", (0, 9)),
    ],
)  # fmt: skip
def test_names_and_numbers_are_found(root_fd: int, text: str, expected: tuple[int, int]) -> None:
    assert find_owner(root_fd, text) == expected


@pytest.mark.parametrize(("text", "expected"), [("root", (0, 0)), ("root:root", (0, 0)), ("3:root", (3, 0))])
def test_root_is_known_without_files(text: str, expected: tuple[int, int]) -> None:
    assert find_owner(-1, text) == expected


def test_only_names_have_to_be_looked_up() -> None:
    texts = ("3", "3:4", "root", ":root", "3:", "", "alice", "3:staff", ":staff")
    assert [text for text in texts if needs_names(text)] == ["alice", "3:staff", ":staff"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("nope", "can't find uid for user nope: no such user: nope"),
        ("0:nope", "can't find gid for group nope: no such group: nope"),
        ("broken", "no such user"),
        ("odd", "broken line in the image's passwd or group file: 'odd:x:abc:1::/:'"),
        ("short", "broken line in the image's passwd or group file: 'short:x:5'"),
        ("99999999999999", "out of range"),
        ("4294967295", "out of range: the largest is 4294967294"),
        ("0:99999999999999", "out of range"),
        ("٣", "no such user: ٣"),
    ],
)
def test_what_is_not_there_is_said_as_dockerd_says_it(root_fd: int, text: str, complaint: str) -> None:
    with pytest.raises(CopyFailed, match=complaint):
        find_owner(root_fd, text)


def test_the_largest_number_is_taken(root_fd: int) -> None:
    assert find_owner(root_fd, "4294967294:4294967294") == (4294967294, 4294967294)


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo])
def test_what_is_no_plain_file_has_no_users(tmp_path: Path, make: Callable[[Path], None]) -> None:
    (tmp_path / "etc").mkdir()
    make(tmp_path / "etc/passwd")
    fd = os.open(tmp_path, os.O_PATH | os.O_DIRECTORY)
    before = os.listdir("/proc/self/fd")
    try:
        with pytest.raises(CopyFailed, match="no such user: alice"):
            find_owner(fd, "alice")
        assert os.listdir("/proc/self/fd") == before
    finally:
        os.close(fd)


def test_numbers_need_no_files(tmp_path: Path) -> None:
    fd = os.open(tmp_path, os.O_PATH | os.O_DIRECTORY)
    try:
        assert find_owner(fd, "5:6") == (5, 6)
        with pytest.raises(CopyFailed):
            find_owner(fd, "alice")
    finally:
        os.close(fd)


def test_a_file_of_users_is_not_looked_for_outside_the_root(tmp_path: Path) -> None:
    (tmp_path / "passwd").write_text("eve:x:666:666::/:\n")
    root = tmp_path / "alice"
    (root / "etc").mkdir(parents=True)
    (root / "etc/passwd").symlink_to("../../passwd")
    fd = os.open(root, os.O_PATH | os.O_DIRECTORY)
    try:
        with pytest.raises(CopyFailed):
            find_owner(fd, "eve")
    finally:
        os.close(fd)
