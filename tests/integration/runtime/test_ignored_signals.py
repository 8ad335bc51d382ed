"""A container does not inherit ignored signals, not even those that libc keeps to itself (seen under ipykernel)."""

from __future__ import annotations

import pytest

from jupyter_containers.linux import constants, libc
from tests.support.children import answer_of
from tests.support.containers import Box

pytestmark = pytest.mark.needs("root", "namespaces", "overlay")

IGNORE = (1).to_bytes(8, "little") + bytes(24)  # SIG_IGN, no flags


def test_no_signal_stays_ignored(box: Box) -> None:
    def run() -> str:
        for number in (15, 13, 32, 33, 40):
            libc.syscall(constants.SYS_RT_SIGACTION, "rt_sigaction", number, IGNORE, None, 8)
        return box.run("/bin/grep", "SigIgn", "/proc/self/status").stdout

    assert answer_of(run).split() == ["SigIgn:", "0" * 16]
