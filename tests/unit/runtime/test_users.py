"""Names become numbers by the container's files, by Docker's rules and in Docker's words."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.oci.runtime_spec import User
from jupyter_containers.runtime.users import Identity, read, resolve, resolve_in

PASSWD = """root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
# a comment:x:5:5
broken line
alice:x:1000:1000:Alice:/home/alice:/bin/sh
1234:x:77:78:a name of digits:/home/digits:/bin/sh
nogroup:x:5:none::/:
nouser:x:none:5::/:
few:x:6:7
"""
GROUP = """root:x:0:
mail:x:8:alice
broken
staff:x:50:root,alice
users:x:100:
odd:x:none:alice
three:x:101
"""


def who(username: str | None, **fields: object) -> Identity:
    return resolve_in(User(username=username, **fields), PASSWD, lambda: GROUP)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("username", "identity"),
    [
        ("alice", Identity(1000, 1000, (1000, 8, 50), "/home/alice")),
        ("1000", Identity(1000, 1000, (1000, 8, 50), "/home/alice")),
        ("alice:mail", Identity(1000, 8, (8,), "/home/alice")),
        ("alice:8", Identity(1000, 8, (8,), "/home/alice")),
        ("alice:4711", Identity(1000, 4711, (4711,), "/home/alice")),
        ("root", Identity(0, 0, (0, 50), "/root")),
        ("4711", Identity(4711, 0, (0,), "/")),
        ("4711:100", Identity(4711, 100, (100,), "/")),
        ("1234", Identity(77, 78, (78,), "/home/digits")),
        ("", Identity(0, 0, (0, 50), "/root")),
        (":mail", Identity(0, 8, (8,), "/root")),
        ("few", Identity(6, 7, (7,), "/")),
        ("4711:three", Identity(4711, 101, (101,), "/")),
    ],
)
def test_a_user_is_found(username: str, identity: Identity) -> None:
    assert who(username) == identity


def test_numbers_alone_take_only_the_home_from_the_files() -> None:
    found = resolve_in(User(1000, 5, (6, 7)), PASSWD, lambda: GROUP)
    assert found == Identity(1000, 5, (5, 6, 7), "/home/alice")


def test_without_a_user_it_is_root_with_the_groups_that_list_root() -> None:
    assert who(None) == who("") == Identity(0, 0, (0, 50), "/root")


def test_root_is_root_in_an_image_whose_file_has_none() -> None:
    assert resolve_in(User(username=""), "", lambda: GROUP) == Identity(0, 0, (0, 50), "/")


def test_both_files_of_the_root_are_read(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/passwd").write_text(PASSWD)
    (tmp_path / "etc/group").write_text(GROUP)
    root_fd = os.open(tmp_path, os.O_PATH)
    try:
        assert resolve(User(username="alice"), root_fd) == Identity(1000, 1000, (1000, 8, 50), "/home/alice")
        with (tmp_path / "etc/passwd").open("w") as file:
            file.truncate(100 << 20)
        assert 16 << 20 <= len(read(root_fd, "/etc/passwd")) < 17 << 20
    finally:
        os.close(root_fd)


def test_groups_are_added_by_name_and_number() -> None:
    assert who("4711", additional_gids=(3,), additional_groups=("mail", "9")).groups == (0, 3, 8, 9)


def test_no_group_is_there_twice() -> None:
    assert who("alice", additional_gids=(8, 1000), additional_groups=("staff",)).groups == (1000, 8, 50)


@pytest.mark.parametrize(
    ("user", "message"),
    [
        (User(username="nope"), "unable to find user nope: no matching entries in passwd file"),
        (User(username="alice:nope"), "unable to find group nope: no matching entries in group file"),
        (User(additional_groups=("nope",)), "Unable to find group nope: no matching entries in group file"),
        (User(username="-5"), "uids and gids must be in range 0-2147483647"),
        (User(username="2147483648"), "uids and gids must be in range 0-2147483647"),
        (User(username="0:2147483648"), "uids and gids must be in range 0-2147483647"),
        (User(username="# a comment"), "unable to find user # a comment: no matching entries in passwd file"),
        (User(username="nogroup"), "unable to find user nogroup: no matching entries in passwd file"),
        (User(username="nouser"), "unable to find user nouser: no matching entries in passwd file"),
        (User(username="0:odd"), "unable to find group odd: no matching entries in group file"),
        (User(username="broken line"), "unable to find user broken line: no matching entries in passwd file"),
    ],
)
def test_an_unknown_one_is_refused_in_docker_s_words(user: User, message: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        resolve_in(user, PASSWD, lambda: GROUP)
    assert caught.value.message == message


def test_without_files_numbers_still_work(tmp_path: Path) -> None:
    root_fd = os.open(tmp_path, os.O_PATH)
    try:
        assert resolve(User(username="5:6"), root_fd) == Identity(5, 6, (6,), "/")
        with pytest.raises(InvalidParameter, match="unable to find user root"):
            resolve(User(username="root"), root_fd)
    finally:
        os.close(root_fd)


def test_the_group_file_is_not_read_when_no_group_is_asked_for() -> None:
    def unwanted() -> str:
        raise AssertionError("read")

    assert resolve_in(User(5, 6), PASSWD, unwanted).gid == 6


@given(st.text(), st.text(), st.text(max_size=12))
def test_no_file_content_breaks_it(passwd: str, group: str, name: str) -> None:
    try:
        found = resolve_in(User(username=name), passwd, lambda: group)
    except InvalidParameter:
        return
    assert found.uid >= 0
    assert found.gid in found.groups


def test_links_are_followed_inside_the_root_only(tmp_path: Path) -> None:
    outside, root = tmp_path / "secret", tmp_path / "root"
    outside.write_text("outside")
    (root / "etc").mkdir(parents=True)
    (root / "real").write_text("inside")
    os.symlink("/real", root / "etc/passwd")
    os.symlink(f"../..{outside}", root / "etc/group")
    root_fd = os.open(root, os.O_PATH)
    try:
        assert read(root_fd, "/etc/passwd") == "inside"
        assert read(root_fd, "/etc/group") == ""
    finally:
        os.close(root_fd)


def test_what_is_no_plain_file_is_empty_and_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    root_fd = os.open(tmp_path, os.O_PATH)
    try:
        assert read(root_fd, "/fifo") == ""
        assert read(root_fd, "/") == ""
    finally:
        os.close(root_fd)
