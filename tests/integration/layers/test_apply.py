"""Layers applied as root: owners, devices, capabilities, and attributes that only root may set."""

from __future__ import annotations

import os
import struct
from io import BytesIO
from pathlib import Path

import pytest

from jupyter_containers.layers.apply import apply
from jupyter_containers.layers.diff import diff
from jupyter_containers.layers.member import Kind, Member
from tests.support.trees import file, folder, listing, symlink, tar

pytestmark = pytest.mark.needs("root")

# VFS_CAP_REVISION_2, effective, permitted CAP_NET_RAW: as `setcap cap_net_raw+ep` writes it.
NET_RAW = struct.pack("<IIIII", 0x02000001, 1 << 13, 0, 0, 0)


def test_owners_setuid_and_capabilities_survive_together(tmp_path: Path) -> None:
    """chown clears both setuid and capabilities, so the order of the calls decides."""
    layer = tar(
        file(b"su", b"x", mode=0o4755, uid=12, gid=34),
        file(b"ping", b"x", mode=0o755, uid=12, xattrs={b"security.capability": NET_RAW}),
        folder(b"d", mode=0o2775, uid=3_000_000_000, gid=5),
        symlink(b"s", b"/nowhere"),
        file(b"d/inherits", b"x", gid=7),
    )
    apply(BytesIO(layer), tmp_path)
    su = (tmp_path / "su").stat()
    assert (su.st_uid, su.st_gid, su.st_mode & 0o7777) == (12, 34, 0o4755)
    assert os.getxattr(tmp_path / "ping", "security.capability") == NET_RAW
    assert (tmp_path / "d").stat().st_uid == 3_000_000_000
    # In a folder with setgid, a new file takes the folder's group unless it is told.
    assert (tmp_path / "d/inherits").stat().st_gid == 7


def test_devices_are_made_with_their_numbers_and_modes(tmp_path: Path) -> None:
    layer = tar(
        (Member(b"null", Kind.CHARACTER_DEVICE, mode=0o666, device=(1, 3)), b""),
        (Member(b"disk", Kind.BLOCK_DEVICE, mode=0o660, uid=5, gid=6, device=(259, 70_000)), b""),
    )
    apply(BytesIO(layer), tmp_path)
    disk = (tmp_path / "disk").stat()
    assert (os.major(disk.st_rdev), os.minor(disk.st_rdev)) == (259, 70_000)
    assert (disk.st_mode & 0o7777, disk.st_uid, disk.st_gid) == (0o660, 5, 6)
    assert (tmp_path / "null").read_bytes() == b""


def test_a_layer_cannot_steer_overlayfs_or_be_exported_with_its_marks(tmp_path: Path) -> None:
    marks = {b"trusted.overlay.redirect": b"/etc", b"trusted.overlay.opaque": b"y", b"trusted.note": b"kept"}
    apply(BytesIO(tar(folder(b"d", xattrs=marks))), tmp_path)
    assert os.listxattr(tmp_path / "d") == ["trusted.note"]
    os.setxattr(tmp_path / "d", "trusted.overlay.origin", b"handle")
    pieces: list[bytes] = []
    diff(tmp_path, pieces.append)
    assert b"origin" not in b"".join(pieces)


def test_a_diff_applied_again_has_owners_devices_and_capabilities(tmp_path: Path) -> None:
    first, second = tmp_path / "1", tmp_path / "2"
    first.mkdir()
    second.mkdir()
    layer = tar(
        file(b"ping", b"x", uid=1, gid=2, xattrs={b"security.capability": NET_RAW}),
        (Member(b"null", Kind.CHARACTER_DEVICE, mode=0o666, device=(1, 3)), b""),
    )
    apply(BytesIO(layer), first)
    pieces: list[bytes] = []
    made = diff(first, pieces.append)
    assert apply(BytesIO(b"".join(pieces)), second).diff_id == made.diff_id
    assert listing(second) == listing(first)
    assert os.getxattr(second / "ping", "security.capability") == NET_RAW
    assert (second / "ping").stat().st_uid == 1
