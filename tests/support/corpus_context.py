"""What the corpus of Dockerfiles copies from: one of each kind of file, made by root with owners, times and attributes.

The base image of the corpus is here as well: busybox, the places that a runtime mounts on, and files to be changed.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import tarfile
from functools import cache
from pathlib import Path

from tests.support.busybox_image import rootfs_tar

# Of everything in a context. What a builder makes itself is younger than YOUNG_SECONDS.
OLD_SECONDS = 1_500_000_000
YOUNG_SECONDS = 1_710_000_000
# cap_net_raw=ep, as `setcap` writes it.
CAPABILITY = bytes.fromhex("0100000200200000000000000000000000000000")

_TEXTS = {
    "file": 0o644, "other": 0o644, "script": 0o755, "private": 0o600, "nobody-may": 0o000, "set-user-id": 0o4755,
    "set-group-id": 0o2755, "with space": 0o644, "näme": 0o644, "[bracket]": 0o644, "star*star": 0o644, "a.txt": 0o644,
    "b.txt": 0o640, "c.log": 0o644, "dir/one": 0o644, "dir/two": 0o600, "dir/.hidden": 0o644, "dir/sub/three": 0o644,
    "dir/sub/deep/four.txt": 0o755, "dir2/one": 0o644, "dir2/five.txt": 0o644, "logs/x.log": 0o644, "owned": 0o644,
    f"long/{'n' * 200}": 0o644, f"long/{'/'.join(['p' * 90] * 4)}/file": 0o644, "-dash": 0o644, "capable": 0o755,
    "x": 0o644,
}  # fmt: skip
_LINKS = {
    "link": "file", "dir-link": "dir", "dangling": "nowhere", "absolute": "/etc/passwd", "dir/up-link": "../file",
    "links/to-file": "../file", "links/to-dir": "../dir", "links/to-links": "to-dir",
}  # fmt: skip
_FOLDERS = {"empty": 0o750, "sticky": 0o1777, "shared": 0o2775, "closed": 0o700}


def make_context(root: Path) -> None:
    """Fill an empty folder."""
    for name, mode in _TEXTS.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{name.rpartition('/')[2]}\n")
        path.chmod(mode)
    for name, mode in _FOLDERS.items():
        (root / name).mkdir()
        (root / name).chmod(mode)
    for name, target in _LINKS.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).symlink_to(target)
    _make_rare(root)
    make_archives(root)
    settle(root)


def _make_rare(root: Path) -> None:
    os.chown(root / "owned", 1234, 5678)
    os.setxattr(root / "capable", "security.capability", CAPABILITY)
    (root / "hard").mkdir()
    (root / "hard/first").write_text("linked\n")
    os.link(root / "hard/first", root / "hard/second")
    os.mkfifo(root / "pipe")
    with (root / "sparse").open("wb") as file:
        file.truncate(1 << 20)
        file.seek(1 << 19)
        file.write(b"in the middle")
    (root / "nothing").touch()


def make_archives(root: Path) -> None:
    plain = archive()
    folder = root / "archives"
    folder.mkdir()
    packed = {
        "plain.tar": plain, "packed.tar.gz": gzip.compress(plain, mtime=0), "packed.tgz": gzip.compress(plain, mtime=0),
        "packed.tar.bz2": bz2.compress(plain), "packed.tar.xz": lzma.compress(plain), "nameless": plain,
        "lies.txt": gzip.compress(plain, mtime=0), "no.tar.gz": b"not packed\n",
        "text.gz": gzip.compress(b"t", mtime=0),
        "cut.tar": plain[:700],
    }  # fmt: skip
    for name, content in packed.items():
        (folder / name).write_bytes(content)


@cache
def archive() -> bytes:
    """Return a tar of a few members with owners, modes, links and times of their own."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        add(tar, "packed", kind=tarfile.DIRTYPE, mode=0o711, uid=7, gid=8)
        add(tar, "packed/inner", b"inner\n", mode=0o4640, uid=1000, gid=50)
        add(tar, "packed/link", kind=tarfile.SYMTYPE, link="inner")
        add(tar, "packed/hard", kind=tarfile.LNKTYPE, link="packed/inner", mode=0o4640, uid=1000, gid=50)
        add(tar, "./top", b"top\n")
        add(tar, "parentless/below", b"below\n")
    return buffer.getvalue()


@cache
def base_image() -> bytes:
    """Return the root of the base image: busybox, mount points, and a folder `/base` with things to be changed."""
    buffer = io.BytesIO(rootfs_tar())
    with tarfile.open(fileobj=buffer, mode="a") as tar:
        for name in ("proc", "sys", "dev", "base", "base/dir", "base/dir/sub", "base/wide", "base/other"):
            add(tar, name, kind=tarfile.DIRTYPE, mode=0o777 if name == "base/wide" else 0o755)
        for name in ("etc/hosts", "etc/hostname", "etc/resolv.conf", "base/file", "base/dir/one", "base/dir/sub/two"):
            add(tar, name, b"base\n")
        add(tar, "base/other/kept", b"kept\n", mode=0o4711, uid=3, gid=4)
        for name, target in {
            "link": "dir", "absolute": "/base/dir", "file-link": "file", "dangling": "new",
            "up": "../../../../base/dir", "dangling-dir": "/made/by/link",
        }.items():  # fmt: skip
            add(tar, f"base/{name}", kind=tarfile.SYMTYPE, link=target)
    return buffer.getvalue()


def add(
    tar: tarfile.TarFile,
    name: str,
    content: bytes = b"",
    *,
    kind: bytes = tarfile.REGTYPE,
    mode: int = 0o644,
    uid: int = 0,
    gid: int = 0,
    link: str = "",
) -> None:
    member = tarfile.TarInfo(name)
    member.type, member.mode, member.uid, member.gid, member.linkname = kind, mode, uid, gid, link
    member.size, member.mtime = len(content), OLD_SECONDS + 77
    tar.addfile(member, io.BytesIO(content))


def settle(root: Path) -> None:
    """Give everything the time of old, folders last."""
    for folder, folders, files in os.walk(root, topdown=False):
        for name in (*files, *folders):
            os.utime(Path(folder, name), (OLD_SECONDS, OLD_SECONDS), follow_symlinks=False)
    os.utime(root, (OLD_SECONDS, OLD_SECONDS))


def pack(root: Path) -> bytes:
    """Return the folder as a client sends it, with nothing left out."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for folder, folders, files in os.walk(root):
            for name in sorted((*folders, *files)):
                path = Path(folder, name)
                member = tar.gettarinfo(path, os.path.relpath(path, root))
                if not path.is_symlink():
                    for attribute in os.listxattr(path):
                        value = os.getxattr(path, attribute).decode("utf-8", "surrogateescape")
                        member.pax_headers[f"SCHILY.xattr.{attribute}"] = value
                with path.open("rb") if member.isreg() else io.BytesIO() as file:
                    tar.addfile(member, file)
    return buffer.getvalue()
