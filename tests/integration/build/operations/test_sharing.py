"""A folder of the context is linked where nothing is; what comes of it is what a copy would be."""

from __future__ import annotations

import asyncio
import os
import stat
from pathlib import Path

import pytest

from jupyter_containers.build.context import Context
from jupyter_containers.build.failures import CopyFailed
from jupyter_containers.build.filesystem import Filesystem
from jupyter_containers.build.operations import files
from jupyter_containers.build.operations.definitions import CopyFiles
from jupyter_containers.build.operations.layering import Stores
from jupyter_containers.build.operations.modes import ModeChange
from tests.support.build_site import BuildSite

pytestmark = pytest.mark.needs("root", "overlay")

NOTHING = Filesystem()


def copy(site: BuildSite, operation: CopyFiles, root: Path, parent: Filesystem = NOTHING, *, own: bool) -> Filesystem:
    stores, source = Stores(site.content, site.snapshots), Context(root, is_own=own)
    return parent.with_layer(asyncio.run(files.copy_files(stores, operation, parent, source)))


def context(site: BuildSite) -> Path:
    """A folder with everything that may be in one."""
    root = site.context(
        {"a": "1", "b/c": "22", "b/script": "#!/bin/sh\n", ".dockerignore": "left-out\n", "left-out": ""}
    )
    (root / "b/script").chmod(0o4755)
    (root / "link").symlink_to("b/c")
    (root / "empty").mkdir(mode=0o700)
    os.link(root / "a", root / "same")
    os.mkfifo(root / "fifo")
    os.chown(root / "b/c", 1000, 1000)
    (root / "marked").write_text("x")
    os.setxattr(root / "marked", "user.mark", b"1")
    for path in (root, *root.rglob("*")):
        os.utime(path, ns=(10**18, 10**18), follow_symlinks=False)
    return root


def base_of(site: BuildSite, *names: str) -> Filesystem:
    """A root with some files; what ends in a slash is a folder."""
    root = site.context({name: "x" for name in names if not name.endswith("/")})
    for name in names:
        (root / name).mkdir(exist_ok=True) if name.endswith("/") else None
    return copy(site, CopyFiles((".",), "/"), root, own=False)


def inode(site: BuildSite, filesystem: Filesystem, name: str) -> int:
    upper = site.snapshots.upper(filesystem.chain)
    assert upper is not None
    return (upper / name).lstat().st_ino


OPERATIONS = {
    "as they are": CopyFiles((".",), "/new"),
    "into a deep place": CopyFiles((".",), "/new/deep/place/"),
    "where an empty folder is": CopyFiles((".",), "/empty"),
    "part of it": CopyFiles(("b",), "/new"),
    "through a link": CopyFiles((".",), "/way/inside"),
    "with an owner": CopyFiles((".",), "/new", owner="7:8"),
    "with a mode": CopyFiles((".",), "/new", mode=ModeChange("0640", 0o640)),
    "without some": CopyFiles((".",), "/new", excludes=("b/c", "same")),
    "by ADD": CopyFiles((".",), "/new", unpacks=True, word="ADD"),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_layer_is_that_of_a_copy(site: BuildSite, name: str) -> None:
    base = base_of(site, "etc/passwd", "empty/", "folder/")
    over = site.context({})
    (over / "way").symlink_to("folder")
    base = copy(site, CopyFiles((".",), "/"), over, base, own=False)
    root, operation = context(site), OPERATIONS[name]
    copied, linked = (copy(site, operation, root, base, own=own) for own in (False, True))
    assert described(site, linked) == described(site, copied)
    assert len(linked.layers) == len(base.layers) + 1


def described(site: BuildSite, filesystem: Filesystem) -> dict[str, object]:
    """Everything of a root that could differ, but the times of the folders on the way."""
    with site.snapshots.mounted(filesystem.chain, read_only=True) as root:
        return {path.relative_to(root).as_posix(): of(path) for path in sorted(Path(root).rglob("*"))}


def of(path: Path) -> object:
    status = path.lstat()
    content: object = None
    if stat.S_ISREG(status.st_mode):
        content = path.read_bytes(), status.st_mtime_ns, os.listxattr(path)
    elif stat.S_ISLNK(status.st_mode):
        content = os.readlink(path)
    return status.st_mode, status.st_uid, status.st_gid, content


def test_files_are_shared_only_as_they_are(site: BuildSite) -> None:
    root = context(site)
    linked = copy(site, CopyFiles((".",), "/new"), root, own=True)
    assert inode(site, linked, "new/a") == (root / "a").stat().st_ino
    # Another owner, and an attribute.
    assert inode(site, linked, "new/b/c") != (root / "b/c").stat().st_ino
    assert inode(site, linked, "new/marked") != (root / "marked").stat().st_ino
    again = copy(site, CopyFiles((".",), "/new", mode=ModeChange("0600", 0o600)), root, own=True)
    assert inode(site, again, "new/a") != (root / "a").stat().st_ino
    assert stat.S_IMODE((root / "a").stat().st_mode) == 0o644


def test_nothing_is_shared_with_files_that_others_may_change_or_over_what_is_there(site: BuildSite) -> None:
    root = context(site)
    assert inode(site, copy(site, CopyFiles((".",), "/new"), root, own=False), "new/a") != (root / "a").stat().st_ino
    base = base_of(site, "full/a")
    over = copy(site, CopyFiles((".",), "/full"), root, base, own=True)
    assert inode(site, over, "full/a") != (root / "a").stat().st_ino


def test_nothing_put_where_nothing_is_makes_no_layer(site: BuildSite) -> None:
    base = base_of(site, "empty/")
    root = site.context({"a": "1", ".dockerignore": "b/c\n", "b/c": ""})
    (root / "folder").mkdir()
    for source in ("folder", "b"):
        assert copy(site, CopyFiles((source,), "/empty"), root, base, own=True) == base


def test_a_device_that_would_be_a_whiteout_is_refused(site: BuildSite) -> None:
    root = site.context({"a": "1"})
    os.mknod(root / "hole", stat.S_IFCHR | 0o600, os.makedev(0, 0))
    with pytest.raises(CopyFailed, match="failed to copy files to /new: Operation not permitted"):
        copy(site, CopyFiles((".",), "/new"), root, own=True)
