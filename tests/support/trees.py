"""Layers as bytes and directories as dicts, so that tests can say what goes in and what came out."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

from jupyter_containers.layers.apply import Applied, apply
from jupyter_containers.layers.member import Kind, Member
from jupyter_containers.layers.ownership import Squashed
from jupyter_containers.layers.tar_writer import TarWriter
from jupyter_containers.layers.whiteouts import USER_OPAQUE_XATTR, Whiteouts

MINE = Squashed(os.geteuid(), os.getegid())


def file(name: bytes, content: bytes = b"", mode: int = 0o644, **more: object) -> tuple[Member, bytes]:
    size = len(content)
    return Member(name, Kind.FILE, mode=mode, size=size, stored_size=size, **more), content  # type: ignore[arg-type]


def folder(name: bytes, mode: int = 0o755, **more: object) -> tuple[Member, bytes]:
    return Member(name, Kind.DIRECTORY, mode=mode, **more), b""  # type: ignore[arg-type]


def symlink(name: bytes, target: bytes) -> tuple[Member, bytes]:
    return Member(name, Kind.SYMLINK, mode=0o777, link=target), b""


def hard_link(name: bytes, target: bytes) -> tuple[Member, bytes]:
    return Member(name, Kind.HARD_LINK, link=target), b""


def tar(*members: tuple[Member, bytes]) -> bytes:
    """Return an uncompressed tar with exactly these members, however wrong they are."""
    pieces: list[bytes] = []
    writer = TarWriter(pieces.append)
    for member, content in members:
        writer.add(member, [content])
    writer.finish()
    return b"".join(pieces)


def unpacked(target: Path, *members: tuple[Member, bytes], whiteouts: Whiteouts = Whiteouts.OVERLAY) -> Applied:
    """Apply a layer as any user can: all files are one's own, marks are user.* attributes."""
    target.mkdir(exist_ok=True)
    return apply(BytesIO(tar(*members)), target, ownership=MINE, whiteouts=whiteouts, opaque_xattr=USER_OPAQUE_XATTR)


def listing(top: Path) -> dict[str, str]:
    """Return path → what is there: text of files, `-> target` of links, `dir`, `whiteout`, `fifo`, `device`."""
    found: dict[str, str] = {}
    for folder_name, folders, files in os.walk(top):
        for name in (*folders, *files):
            path = Path(folder_name, name)
            found[str(path.relative_to(top))] = _described(path)
    return dict(sorted(found.items()))


def fingerprint(top: Path) -> dict[str, tuple[object, ...]]:
    """Return all that can be changed about a tree, times included."""
    paths: Iterable[Path] = [top, *top.rglob("*")]
    return {str(path): (*_facts(path.lstat()), _described(path)) for path in paths}


def _facts(status: os.stat_result) -> tuple[int, ...]:
    return status.st_mode, status.st_uid, status.st_gid, status.st_size, status.st_mtime_ns, status.st_nlink


def _described(path: Path) -> str:
    status = path.lstat()
    if stat.S_ISLNK(status.st_mode):
        return f"-> {path.readlink()}"
    if stat.S_ISDIR(status.st_mode):
        return "dir"
    if stat.S_ISREG(status.st_mode):
        return path.read_bytes().decode("latin-1")
    if stat.S_ISCHR(status.st_mode) and not status.st_rdev:
        return "whiteout"
    return "fifo" if stat.S_ISFIFO(status.st_mode) else "device"
