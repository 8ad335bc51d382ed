"""A root file system with a shell, made of Debian's static busybox: what integration tests run containers in."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from pathlib import Path

BUSYBOX = "/usr/bin/busybox"
PASSWD = """root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/bin/false
alice:x:1000:1000:Alice:/home/alice:/bin/sh
"""
GROUP = """root:x:0:
daemon:x:1:
mail:x:8:
staff:x:50:alice
alice:x:1000:
"""
PROBE = Path(__file__).parent / "probe" / "probe.sh"


def busybox_rootfs(path: Path) -> Path:
    """Make a root file system at `path` (/bin/busybox, its applets, /etc/passwd, /etc/group, /probe); return it."""
    for name in ("bin", "dev", "etc", "home/alice", "proc", "root", "sys", "tmp", "usr/sbin"):
        os.makedirs(path / name, exist_ok=True)
    os.chmod(path / "tmp", 0o1777)
    os.chmod(path / "root", 0o700)
    os.chown(path / "home/alice", 1000, 1000)
    shutil.copy2(BUSYBOX, path / "bin/busybox")
    for applet in _applets():
        if not os.path.lexists(path / "bin" / applet):
            os.symlink("busybox", path / "bin" / applet)
    (path / "etc/passwd").write_text(PASSWD)
    (path / "etc/group").write_text(GROUP)
    shutil.copy2(PROBE, path / "probe")
    os.chmod(path / "probe", 0o755)
    return path


@functools.cache
def _applets() -> tuple[str, ...]:
    listed = subprocess.run([BUSYBOX, "--list"], check=True, capture_output=True, text=True)
    return tuple(listed.stdout.split())
