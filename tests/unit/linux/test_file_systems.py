"""Which file system a descriptor is on."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from jupyter_containers.linux.constants import PROC_SUPER_MAGIC
from jupyter_containers.linux.file_systems import flush, magic_of


def test_proc_is_known_by_its_number() -> None:
    proc_fd, other_fd = os.open("/proc", os.O_RDONLY), os.open("/", os.O_RDONLY)
    try:
        assert magic_of(proc_fd) == PROC_SUPER_MAGIC
        assert magic_of(other_fd) != PROC_SUPER_MAGIC
    finally:
        os.close(proc_fd)
        os.close(other_fd)


def test_a_closed_descriptor_has_none() -> None:
    with pytest.raises(OSError, match="Bad file descriptor"):
        magic_of(-1)


def test_a_file_system_is_flushed_by_one_of_its_folders(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"x")
    flush(tmp_path)
    with pytest.raises(FileNotFoundError):
        flush(tmp_path / "none")
