"""Files of this machine as a tar for a container: what `develop.watch` brings there."""

from __future__ import annotations

import os
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO, cast

from jupyter_containers.compose.triggers import Trigger


def is_gone(path: Path) -> bool:
    """Tell whether a file is there no more. Of one that may not be looked at nobody knows: raises OSError."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return True
    return False


def pack(rule: Trigger, paths: Iterable[Path], file: IO[bytes]) -> int:
    """Write what is there of `paths` into a tar, as root's, at its places in the container; return how many there are.

    Left out are sockets, pipes and devices. Raises OSError for what cannot be read.
    """
    count = 0
    with tarfile.open(fileobj=file, mode="w") as tar:
        for path in paths:
            try:
                count += _add(tar, path, rule.inside(path).lstrip("/"))
            except FileNotFoundError:
                continue
    return count


def _add(tar: tarfile.TarFile, path: Path, name: str) -> bool:
    """Raises FileNotFoundError with nothing of it written."""
    member = tar.gettarinfo(os.fspath(path), name)
    if member is None or member.isdev():
        return False
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    if member.islnk():
        member.type, member.linkname, member.size = tarfile.REGTYPE, "", path.stat().st_size
    if member.isreg():
        with path.open("rb") as content:
            tar.addfile(member, cast(IO[bytes], _Filled(content)))
    else:
        tar.addfile(member)
    return True


class _Filled:
    """A file that may shrink while it is read: then zeros follow, as with GNU tar, and soon its change."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def read(self, size: int) -> bytes:
        return self._file.read(size).ljust(size, b"\0")
