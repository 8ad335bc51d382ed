"""--chown: names are looked up in the image that is being built, never on this machine."""

from __future__ import annotations

import os
import stat

from jupyter_containers.build.failures import CopyFailed
from jupyter_containers.linux.safe_paths import open_in_root

_MAX_BYTES = 8 << 20
_MAX_ID = (1 << 32) - 2


def needs_names(text: str) -> bool:
    """Say whether an owner can only be told from the image's own files."""
    return any(part and _known(part) is None for part in text.split(":", 1))


def find_owner(root_fd: int, text: str) -> tuple[int, int]:
    """Return uid and gid for `user[:group]`, names or numbers. Raises CopyFailed with dockerd's sentence.

    Without a group: the number of the user, or for a name the group called like it, else the user's own group. Without
    a user: root.
    """
    user, colon, group = text.partition(":")
    user = user or "0"
    uid = _known(user)
    if uid is None:
        entry = _entry(root_fd, "etc/passwd", user)
        if entry is None:
            raise _unknown("user", user)
        uid = _field(entry, 2)
    if colon and group:
        return uid, _group(root_fd, group)
    if _known(user) is not None:
        return uid, uid
    named = _entry(root_fd, "etc/group", user)
    return uid, _field(named or _entry(root_fd, "etc/passwd", user) or [], 2 if named else 3)


def _group(root_fd: int, name: str) -> int:
    gid = _known(name)
    if gid is not None:
        return gid
    entry = _entry(root_fd, "etc/group", name)
    if entry is None:
        raise _unknown("group", name)
    return _field(entry, 2)


def _unknown(kind: str, name: str) -> CopyFailed:
    letter = kind[0]
    return CopyFailed(
        "unable to convert uid/gid chown string to host mapping: "
        f"can't find {letter}id for {kind} {name}: no such {kind}: {name}"
    )


def _known(text: str) -> int | None:
    """Return the number that needs no look into the image. Source: BuildKit, client/llb/fileop.go, parseUID."""
    return 0 if text == "root" else _number(text)


def _number(text: str) -> int | None:
    if not text.isascii() or not text.isdigit():
        return None
    value = int(text[:11])
    if value > _MAX_ID:
        raise CopyFailed(f"uid or gid {text} is out of range: the largest is {_MAX_ID}")
    return value


def _entry(root_fd: int, path: str, name: str) -> list[str] | None:
    try:
        fd = open_in_root(root_fd, path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        # A FIFO would be waited for, and a folder is no error of ours.
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            return None
        with open(fd, "rb", closefd=False) as file:
            content = file.read(_MAX_BYTES)
    finally:
        os.close(fd)
    for line in content.decode("utf-8", "replace").split("\n"):
        fields = line.split(":")
        if fields[0] == name and len(fields) > 2:
            return fields
    return None


def _field(entry: list[str], index: int) -> int:
    value = _number(entry[index]) if len(entry) > index else None
    if value is None:
        raise CopyFailed(f"broken line in the image's passwd or group file: {':'.join(entry)!r}")
    return value
