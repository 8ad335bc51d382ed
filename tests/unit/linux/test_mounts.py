from __future__ import annotations

import errno
import os

import pytest

from jupyter_containers.linux import constants as c
from jupyter_containers.linux import mounts


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), (0, 0, "")),
        (("nosuid", "nodev", "mode=755", "size=64k"), (c.MS_NOSUID | c.MS_NODEV, 0, "mode=755,size=64k")),
        (("rbind", "rprivate"), (c.MS_BIND | c.MS_REC, c.MS_PRIVATE | c.MS_REC, "")),
        (("bind", "ro"), (c.MS_BIND | c.MS_RDONLY, 0, "")),
        (("ro", "rw"), (0, 0, "")),
        (("rw", "ro"), (c.MS_RDONLY, 0, "")),
        (("noexec", "exec", "defaults"), (0, 0, "")),
        (("private", "rslave"), (0, c.MS_SLAVE | c.MS_REC, "")),
        (("lowerdir=/a:/b", "", "index=off"), (0, 0, "lowerdir=/a:/b,index=off")),
    ],
)  # fmt: skip
def test_words_of_mount_are_sorted(options: tuple[str, ...], expected: tuple[int, int, str]) -> None:
    assert mounts.parse_options(options) == expected


def test_options_that_the_kernel_would_cut_are_refused() -> None:
    size = os.sysconf("SC_PAGE_SIZE")
    with pytest.raises(OSError, match="bytes of options do not fit in a page") as caught:
        mounts.mount("overlay", "/mnt", "overlay", 0, "x" * size)
    assert caught.value.errno == errno.E2BIG


@pytest.mark.parametrize(
    "step",
    [
        lambda path: mounts.mount("none", path, "tmpfs"),
        mounts.unmount,
        lambda path: mounts.open_tree(path, 0),
        lambda path: mounts.mount_setattr(path, set=c.MOUNT_ATTR_RDONLY),
        lambda path: mounts.pivot_root(path, path),
    ],
)
def test_a_refusal_names_the_path(step: object, tmp_path: object) -> None:
    missing = f"{tmp_path}/missing"
    with pytest.raises(OSError) as caught:  # ENOENT for root, EPERM for others
        step(missing)  # type: ignore[operator]
    assert caught.value.filename == missing.encode()
