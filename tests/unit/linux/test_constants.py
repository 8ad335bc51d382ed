from __future__ import annotations

import errno
import os
import re
import signal
import struct
import termios
from pathlib import Path

import pytest

from jupyter_containers.linux import constants

DEFINITION = r"^#\s*define\s+(\w+)\s+\(?(0x[0-9a-fA-F]+|-?\d+)[UL]*(?:\s*<<\s*(\d+))?\)?\s"
HEADERS = ("linux/mount.h", "linux/sched.h", "linux/prctl.h", "linux/openat2.h", "linux/fcntl.h", "linux/magic.h",
           "linux/seccomp.h")  # fmt: skip


def test_what_python_knows_too_is_the_same() -> None:
    assert signal.SIGCHLD == constants.SIGCHLD
    for name in ("TIOCSCTTY", "TIOCGWINSZ", "TIOCSWINSZ"):
        assert getattr(constants, name) == getattr(termios, name), name
    assert os.sysconf("SC_PAGE_SIZE") >= 4096
    assert errno.ENOSYS == 38  # the number of the seccomp answers


def test_the_terminal_requests_carry_the_size_of_their_argument() -> None:
    # _IOC(direction, 'T', number, size): what the kernel checks when it decodes them.
    get_number = 2 << 30 | struct.calcsize("I") << 16 | ord("T") << 8 | 0x30
    set_lock = 1 << 30 | struct.calcsize("i") << 16 | ord("T") << 8 | 0x31
    assert (get_number, set_lock) == (constants.TIOCGPTN, constants.TIOCSPTLCK)


@pytest.mark.parametrize("header", HEADERS)
def test_the_numbers_are_those_of_the_headers_of_this_machine(header: str) -> None:
    path = Path("/usr/include") / header
    if not path.exists():
        pytest.skip(f"no kernel header {header} on this machine")
    defined = re.findall(DEFINITION, path.read_text(), re.MULTILINE)
    compared = {name: int(text, 0) << int(shift or 0) for name, text, shift in defined if hasattr(constants, name)}
    assert compared, f"nothing of {header} is in constants"
    assert {name: getattr(constants, name) for name in compared} == compared
