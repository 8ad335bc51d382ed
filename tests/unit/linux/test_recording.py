"""What a process asks of the kernel is written down while it is wanted, and not a moment longer."""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_containers.linux import constants, libc, recording
from jupyter_containers.linux.recording import Recorder


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[Recorder]:
    started = recording.begin()
    yield started
    while recording.active():
        recording.end()


def without_times(calls: list[list[Any]]) -> list[list[Any]]:
    return [call[:-1] for call in calls]


def test_calls_have_arguments_result_and_time(recorder: Recorder, tmp_path: Path) -> None:
    (folder, file), content = (tmp_path / "folder", tmp_path / "file"), b"64"
    os.mkdir(folder, 0o750)
    fd = os.open(file, os.O_WRONLY | os.O_CREAT)
    os.write(fd, content)
    os.close(fd)
    calls = recorder.take("a step")
    assert without_times(calls) == [
        ["a step", "mkdir", [str(folder), 0o750], 0, 0],
        ["a step", "open", [str(file), os.O_WRONLY | os.O_CREAT], fd, 0],
        ["a step", "write", [fd, "64"], 2, 0],
    ]
    assert all(isinstance(call[-1], int) and call[-1] >= 0 for call in calls)


def test_a_refused_call_has_its_error(recorder: Recorder) -> None:
    with pytest.raises(FileNotFoundError):
        libc.call("umount2", b"/no/such/place", 2, path=b"/no/such/place")
    with pytest.raises(FileNotFoundError):
        os.mkdir("/no/such/place/below")
    assert without_times(recorder.take()) == [
        ["", "umount2", ["/no/such/place", 2], None, errno.ENOENT],
        ["", "mkdir", ["/no/such/place/below"], None, errno.ENOENT],
    ]


def test_a_structure_is_shown_by_its_numbers(recorder: Recorder) -> None:
    how = (ctypes.c_uint64 * 3)(os.O_PATH | os.O_CLOEXEC, 0, constants.RESOLVE_IN_ROOT)
    fd = libc.syscall(constants.SYS_OPENAT2, "openat2", constants.AT_FDCWD, b"/", how, ctypes.sizeof(how))
    os.close(fd)
    (call,) = recorder.take()
    assert call[2] == [constants.AT_FDCWD, "/", [os.O_PATH | os.O_CLOEXEC, 0, constants.RESOLVE_IN_ROOT], 24]


def test_each_step_has_the_calls_that_were_made_for_it(recorder: Recorder, tmp_path: Path) -> None:
    class Step:
        def __init__(self, name: str) -> None:
            self.name = name

        def describe(self) -> str:
            return f"make {self.name}"

    for step in recorder.steps(iter([Step("one"), Step("two")])):
        os.mkdir(tmp_path / step.name)
    assert [call[0] for call in recorder.take()] == ["make one", "make two"]


def test_what_is_taken_is_gone(recorder: Recorder, tmp_path: Path) -> None:
    os.mkdir(tmp_path / "one")
    assert len(recorder.take()) == 1
    assert recorder.take() == []


def test_nothing_is_replaced_before_and_after() -> None:
    before = [os.open, os.write, os.mkdir, libc.call, libc.syscall]
    recording.begin()
    assert recording.active() is not None
    assert [os.open, os.write, os.mkdir, libc.call, libc.syscall] != before
    recording.end()
    assert [os.open, os.write, os.mkdir, libc.call, libc.syscall] == before
    assert recording.active() is None


def test_a_long_text_is_cut(recorder: Recorder, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="name too long"):
        os.mkdir(tmp_path / ("x" * 5000))
    assert len(recorder.take()[0][2][0]) == 300
