"""Masks say what they are, and pass over what this kernel does not have."""

from __future__ import annotations

import os
from pathlib import Path

from jupyter_containers.runtime.operations.masks import MakePathReadOnly, MaskPath
from jupyter_containers.runtime.operations.site import Site


def test_they_say_what_they_are() -> None:
    assert MaskPath("/proc/kcore").describe() == "hide /proc/kcore"
    assert MakePathReadOnly("/proc/sys").describe() == "make /proc/sys read-only"


def test_what_is_not_there_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    site = Site(root_fd=os.open(tmp_path, os.O_PATH))
    try:
        for path in ("/none", "/none/deeper", "/file/below"):
            MaskPath(path).execute(site)
            MakePathReadOnly(path).execute(site)
    finally:
        os.close(site.root_fd)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
