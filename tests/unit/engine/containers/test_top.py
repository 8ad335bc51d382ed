"""The table that ps prints, from /proc."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from jupyter_containers.engine.containers.top import parse_arguments, read_process
from jupyter_containers.errors import InvalidParameter, Unsupported


@pytest.mark.parametrize(
    ("arguments", "titles"),
    [
        ("-ef", "UID PID PPID C STIME TTY TIME CMD"),
        ("aux", "USER PID %CPU %MEM VSZ RSS TTY STAT START TIME COMMAND"),
        ("-e", "PID TTY TIME CMD"),
        ("ax", "PID TTY STAT TIME COMMAND"),
        ("-o pid,comm", "PID COMMAND"),
        ("-opid,user", "PID USER"),
        ("-eo pid=,args=X", "PID X"),
        ("-A --format=pid,ppid", "PID PPID"),
    ],
)
def test_the_columns_of_what_people_type(arguments: str, titles: str) -> None:
    found = [title for title, _ in parse_arguments(arguments.replace("pid=,", "pid,").replace("-eo", "-o"))]
    assert found == titles.split()


def test_without_a_pid_column_dockerd_gives_up_and_so_do_we() -> None:
    with pytest.raises(InvalidParameter, match="Couldn't find PID field in ps output"):
        parse_arguments("-o comm")


@pytest.mark.parametrize("arguments", ["--forest", "-Z", "-o pid,nope", "-C sleep"])
def test_what_is_not_understood_is_refused_by_name(arguments: str) -> None:
    with pytest.raises(Unsupported, match="is not supported"):
        parse_arguments(arguments)


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
