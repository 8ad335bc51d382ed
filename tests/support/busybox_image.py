"""The image that tests run: Debian's static busybox with users, groups and a tool of each kind, as a tar."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
from functools import cache
from pathlib import Path

PASSWD = (
    "root:x:0:0:root:/root:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n"
)
GROUP = "root:x:0:\nstaff:x:50:alice\nalice:x:1000:\nnogroup:x:65534:\n"


@cache
def rootfs_tar() -> bytes:
    """Return a tar of a root file system, the same bytes each time."""
    busybox = shutil.which("busybox")
    assert busybox, "busybox-static is not installed"
    applets = subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True).stdout.split()
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        folders = {"bin": 0o755, "etc": 0o755, "home": 0o755, "root": 0o700, "tmp": 0o1777, "home/alice": 0o755}
        for name, mode in folders.items():
            _add(tar, name, type=tarfile.DIRTYPE, mode=mode, uid=1000 if name == "home/alice" else 0)
        _add(tar, "bin/busybox", Path(busybox).read_bytes(), mode=0o755)
        for applet in sorted(set(applets) - {"busybox"}):
            _add(tar, f"bin/{applet}", type=tarfile.SYMTYPE, linkname="busybox")
        _add(tar, "etc/passwd", PASSWD.encode())
        _add(tar, "etc/group", GROUP.encode())
        _add(tar, "etc/not-executable", b"#!/bin/sh\n")
    return buffer.getvalue()


def _add(tar: tarfile.TarFile, name: str, content: bytes = b"", **fields: object) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mtime = len(content), 1_700_000_000
    for field, value in fields.items():
        setattr(member, field, value)
    tar.addfile(member, io.BytesIO(content))
