"""What /proc says of processes and threads."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest

from jupyter_containers.engine.containers.ps_columns import COLUMNS, read_process, this_host, threads_of


def test_a_process_with_a_name_like_a_trap_is_read_right() -> None:
    code = "import ctypes, time; ctypes.CDLL(None).prctl(15, b'a) R 1 (b', 0, 0, 0); print(); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        found = read_process(child.pid)
        child.kill()
    assert found is not None
    assert (found.pid, found.parent, found.name, found.uid) == (child.pid, os.getpid(), "a) R 1 (b", os.getuid())
    assert "time.sleep(60)" in found.arguments
    assert found.resident_bytes > 100_000


def test_a_process_that_is_gone_is_none() -> None:
    assert read_process(2**22 - 1) is None
    assert threads_of(2**22 - 1) == []


def test_threads_have_numbers_of_their_own() -> None:
    ready, go = threading.Event(), threading.Event()
    thread = threading.Thread(target=lambda: (ready.set(), go.wait()))
    thread.start()
    ready.wait()
    try:
        assert thread.native_id in threads_of(os.getpid())
        found = read_process(os.getpid(), thread.native_id)
    finally:
        go.set()
        thread.join()
    assert found is not None
    assert (found.pid, found.thread) == (os.getpid(), thread.native_id)


@pytest.mark.parametrize("name", sorted(COLUMNS))
def test_every_column_says_something(name: str) -> None:
    process = read_process(os.getpid())
    assert process is not None
    title, value = COLUMNS[name]
    assert title.isupper()
    assert value(process, this_host())


def test_the_numbers_are_the_kernel_s() -> None:
    process, host = read_process(os.getpid()), this_host()
    assert process is not None
    said = {name: value(process, host) for name, (_, value) in COLUMNS.items()}
    assert (said["pid"], said["ppid"]) == (str(os.getpid()), str(os.getppid()))
    assert said["sid"] == str(os.getsid(0))
    assert int(said["nlwp"]) >= 1
    assert int(said["vsz"]) >= int(said["rss"]) > 1000


def test_of_a_very_long_command_line_the_beginning_is_read() -> None:
    code = "import time; print(flush=True); time.sleep(60)"
    arguments = [sys.executable, "-c", code, "x" * 100_000]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE) as child:
        try:
            assert child.stdout is not None
            child.stdout.readline()
            process = read_process(child.pid)
        finally:
            child.kill()
    assert process is not None
    assert len(process.arguments) == 16 * 1024
    assert process.arguments.startswith(f"{sys.executable} -c import time")
