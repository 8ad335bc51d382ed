"""What a carrier leaves to the process it carries, and how long its parent waits."""

from __future__ import annotations

import os
import resource
import signal

import pytest

from jupyter_containers.errors import ContainersError
from jupyter_containers.oci.runtime_spec import Rlimit
from jupyter_containers.runtime import passage
from jupyter_containers.runtime.handshake import Channel


def test_a_carrier_keeps_room_for_its_child() -> None:
    soft, hard = (2**64 - 1 if value == -1 else value for value in resource.getrlimit(resource.RLIMIT_NPROC))
    files = Rlimit("RLIMIT_NOFILE", 5, 6)
    assert passage.limits_of_carrier([Rlimit("RLIMIT_NPROC", 1, 1), files]) == [
        Rlimit("RLIMIT_NPROC", soft, hard), files,
    ]  # fmt: skip


def test_a_process_that_is_stopped_is_not_waited_for() -> None:
    outside, inside = Channel.pair()
    pid = os.fork()
    if pid == 0:
        signal.pause()
        os._exit(0)
    try:
        os.kill(pid, signal.SIGSTOP)
        with pytest.raises(ContainersError, match=r"^it failed: .*something in the container has stopped it"):
            passage.await_word(pid, outside, "it failed", "a step")
        inside.announce_ready((), None)
        passage.await_word(pid, outside, "it failed", "a step")
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        outside.close()
        inside.close()
