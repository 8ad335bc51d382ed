"""What a carrier leaves to the process it carries, and how long its parent waits."""

from __future__ import annotations

import os
import resource
import signal
import threading

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
        inside.announce_ready((), {})
        passage.await_word(pid, outside, "it failed", "a step")
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        outside.close()
        inside.close()


def test_the_last_word_is_waited_for_until_the_hang_up(monkeypatch: pytest.MonkeyPatch) -> None:
    outside, inside = Channel.pair()
    inside.announce_ready((), {})
    with monkeypatch.context() as patch, pytest.raises(ContainersError, match="it takes too long"):
        patch.setattr(passage, "PATIENCE_SECONDS", 0)
        passage.await_word(os.getpid(), outside, "it failed", "a step", is_last=True)
    inside.close()
    passage.await_word(os.getpid(), outside, "it failed", "a step", is_last=True)
    assert [outside.receive().word, outside.receive().word] == ["ready", ""]
    outside.close()


def test_one_that_is_slow_is_waited_for() -> None:
    outside, inside = Channel.pair()
    later = threading.Timer(3 * passage._LOOK_MS / 1000, inside.announce_ready, ((), {}))
    later.start()
    passage.await_word(os.getpid(), outside, "it failed", "a step")
    assert outside.receive().word == "ready"
    later.join()
    outside.close()
    inside.close()
