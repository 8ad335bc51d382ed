"""Who `user[:group]` is, by the container's own /etc/passwd and /etc/group; Docker's rules and words.

The files are the image's, so they are read with bounds, inside the root only, and lines that make no sense are passed
over. Source: passwd(5), group(5); the behaviour of dockerd.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.linux.safe_paths import open_in_root
from jupyter_containers.oci.runtime_spec import User

_HIGHEST_ID = 2**31 - 1
_LARGEST_FILE = 16 << 20
_NUMBER = re.compile(r"[+-]?[0-9]+")


@dataclass(frozen=True, slots=True)
class Identity:
    """What the process gets: ids, all its groups (the first is its own), and the home for $HOME."""

    uid: int
    gid: int
    groups: tuple[int, ...]
    home: str


ROOT = Identity(0, 0, (0,), "/")


@dataclass(frozen=True, slots=True)
class _Account:
    name: str
    uid: int
    gid: int
    home: str


@dataclass(frozen=True, slots=True)
class _Group:
    name: str
    gid: int
    members: tuple[str, ...]


def resolve(user: User, root_fd: int) -> Identity:
    """Return the identity for a spec's user, by the files under the root.

    Raises: InvalidParameter ("unable to find user x: no matching entries in passwd file").
    """
    # The group file is only opened when a name in it is asked for.
    return resolve_in(user, read(root_fd, "/etc/passwd"), lambda: read(root_fd, "/etc/group"))


def resolve_in(user: User, passwd: str, group: Callable[[], str]) -> Identity:
    """As `resolve`, by the texts of the two files."""
    username = user.username
    if username is None and not user.uid and not user.gid:
        username = ""  # Docker's default: root, with the groups that list root
    if username is None:
        account = next((entry for entry in _accounts(passwd) if entry.uid == user.uid), None)
        uid, groups = user.uid, [user.gid]
    else:
        name, _, group_name = username.partition(":")
        account = _find_account(name, passwd)
        uid = account.uid if account else _number(name, "user", "passwd")
        groups = _own_groups(account, group_name, group)
    groups += user.additional_gids
    groups += (_find_group(name, group(), "Unable") for name in user.additional_groups)
    # The own group is among the supplementary ones, too: without it, a file that denies its group by mode bits could
    # be opened after setgid to another one.
    home = account.home if account and account.home else "/"
    return Identity(uid, groups[0], tuple(dict.fromkeys(groups)), home)


def read(root_fd: int, path: str) -> str:
    """Return the text of a file under the root; "" when it is missing or no plain file."""
    try:
        # Non-blocking: an image may have put a FIFO here.
        file_fd = open_in_root(root_fd, path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
    except OSError:
        return ""
    try:
        if not stat.S_ISREG(os.fstat(file_fd).st_mode):
            return ""
        parts, length = [], 0
        while length < _LARGEST_FILE and (part := os.read(file_fd, 1 << 18)):
            parts.append(part)
            length += len(part)
    finally:
        os.close(file_fd)
    return b"".join(parts).decode("utf-8", "surrogateescape")


def _own_groups(account: _Account | None, group_name: str, group: Callable[[], str]) -> list[int]:
    """Return the user's group, and those that list the user, unless the caller named a group."""
    if group_name:
        return [_find_group(group_name, group(), "unable")]
    if account is None:
        return [0]
    return [account.gid, *(entry.gid for entry in _groups(group()) if account.name in entry.members)]


def _find_account(name: str, passwd: str) -> _Account | None:
    if not name:
        return next((entry for entry in _accounts(passwd) if entry.uid == 0), _Account("root", 0, 0, "/"))
    return next((entry for entry in _accounts(passwd) if name in {entry.name, str(entry.uid)}), None)


def _find_group(name: str, group: str, how: str) -> int:
    found = next((entry.gid for entry in _groups(group) if name in {entry.name, str(entry.gid)}), None)
    return found if found is not None else _number(name, "group", "group", how)


def _number(name: str, what: str, file: str, how: str = "unable") -> int:
    if not _NUMBER.fullmatch(name):
        raise InvalidParameter(f"{how} to find {what} {name}: no matching entries in {file} file")
    number = int(name)
    if not 0 <= number <= _HIGHEST_ID:
        raise InvalidParameter(f"uids and gids must be in range 0-{_HIGHEST_ID}")
    return number


def _accounts(passwd: str) -> Iterator[_Account]:
    for fields in _lines(passwd, 6):
        if fields[2].isdecimal() and fields[3].isdecimal():
            yield _Account(fields[0], int(fields[2]), int(fields[3]), fields[5])


def _groups(group: str) -> Iterator[_Group]:
    for fields in _lines(group, 4):
        if fields[2].isdecimal():
            yield _Group(fields[0], int(fields[2]), tuple(fields[3].split(",")))


def _lines(text: str, least: int) -> Iterator[list[str]]:
    for line in text.splitlines():
        fields = line.strip().split(":")
        if len(fields) >= 3 and not line.startswith("#"):
            yield fields + [""] * (least - len(fields))
