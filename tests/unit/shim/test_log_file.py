"""The files of a log: when they are rotated, what is kept, and what a full disk does."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from jupyter_containers.shim.log_file import RotatedFile, compress
from jupyter_containers.shim.protocol import LogOptions
from tests.support.children import exit_of


def rotated(path: Path, *, max_bytes: int = 0, max_files: int = 1, compress: bool = False) -> RotatedFile:
    def cut(content: bytes, size: int) -> int:
        return content.find(b"\n", max(size - 1, 0)) + 1 or len(content)

    return RotatedFile(LogOptions(str(path), max_bytes, max_files, compress=compress), cut)


def test_entries_of_one_write_are_spread_over_files(tmp_path: Path) -> None:
    file = rotated(tmp_path / "log", max_bytes=4, max_files=3)
    file.append(b"1\n2\n3\n4\n5\n6\n7\n")
    file.close()
    contents = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert contents == {"log": b"7\n", "log.1": b"5\n6\n", "log.2": b"3\n4\n"}


def test_a_folder_is_made_for_it(tmp_path: Path) -> None:
    file = rotated(tmp_path / "local-logs" / "container.log")
    file.append(b"x\n")
    file.close()
    assert (tmp_path / "local-logs" / "container.log").read_bytes() == b"x\n"


def test_old_files_are_compressed_by_a_process_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "log"

    def work() -> None:
        file = rotated(path, max_bytes=4, max_files=3, compress=True)
        file.append(b"1\n2\n3\n4\n5\n6\n7\n")
        while True:  # as the shim does, which has no other children
            try:
                os.waitpid(-1, 0)
            except ChildProcessError:
                break
        file.close()

    assert exit_of(work) == 0
    assert sorted(os.listdir(tmp_path)) == ["log", "log.1.gz", "log.2.gz"]
    assert gzip.decompress((tmp_path / "log.1.gz").read_bytes()) == b"5\n6\n"
    assert gzip.decompress((tmp_path / "log.2.gz").read_bytes()) == b"3\n4\n"
    assert path.read_bytes() == b"7\n"


def test_a_compressed_file_has_the_time_of_the_plain_one(tmp_path: Path) -> None:
    path = tmp_path / "log.1"
    path.write_bytes(b"x" * 10000)
    os.utime(path, ns=(1, 1_700_000_000_123_456_789))
    compress(str(path))
    assert os.listdir(tmp_path) == ["log.1.gz"]
    assert (tmp_path / "log.1.gz").stat().st_mtime_ns == 1_700_000_000_123_456_789


def test_a_log_that_shrinks_its_number_of_files_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"old\n")
    file = rotated(path, max_bytes=4)
    file.append(b"new\n")
    file.close()
    assert path.read_bytes() == b"new\n"


@pytest.mark.parametrize("max_bytes", [0, 100])
def test_what_does_not_go_on_the_disk_leaves_no_half_entry(tmp_path: Path, max_bytes: int) -> None:
    import resource
    import signal

    path = tmp_path / "log"
    file = rotated(path, max_bytes=max_bytes)
    file.append(b"whole\n")
    before, old = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (9, before[1]))
    try:
        file.append(b"does not fit\n")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, old)
    assert path.read_bytes() == b"whole\n"
    file.append(b"fits\n")
    file.close()
    assert path.read_bytes() == b"whole\nfits\n"


def test_a_log_that_cannot_begin_a_new_file_goes_on_in_the_old_one(tmp_path: Path) -> None:
    """As on a disk without inodes; an error here would end the container."""
    folder, moved = tmp_path / "logs", tmp_path / "moved"
    file = rotated(folder / "log", max_bytes=4, max_files=2)
    file.append(b"1\n2\n")
    folder.rename(moved)
    folder.touch()
    file.append(b"3\n4\n")
    folder.unlink()
    moved.rename(folder)
    file.append(b"5\n")
    file.close()
    contents = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert contents == {"log": b"5\n", "log.1": b"1\n2\n3\n4\n"}
