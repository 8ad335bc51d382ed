"""Tests of compose.executing that need no daemon; what operations do is in tests/integration/compose."""

from __future__ import annotations

import os
import signal
import threading
from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_containers.compose.ending import plan_stop
from jupyter_containers.compose.executing import Executor
from jupyter_containers.compose.observing import Found
from jupyter_containers.errors import Conflict
from tests.support.compose_containers import container

MANY = [container(None, "a", number) for number in range(1, 31)]


def executor(stop: Any) -> Executor:
    client: Any = SimpleNamespace(containers=SimpleNamespace(stop=stop))
    return Executor(client, None, Found(), lambda _: None)


def test_all_are_stopped_though_one_fails() -> None:
    stopped: list[str] = []

    def stop(name: str, *, timeout_seconds: int | None) -> None:
        stopped.append(name)
        if name == "id-shop-a-3":
            raise Conflict("not this one")

    with pytest.raises(Conflict, match="not this one") as caught:
        executor(stop).carry_out(plan_stop(MANY))
    assert caught.value.__notes__ == ["while it was to stop container shop-a-3"]
    assert sorted(stopped) == sorted(one.id for one in MANY)


def test_who_is_interrupted_waits_for_no_stop_and_begins_no_other() -> None:
    stopping: list[str] = []
    go_on = threading.Event()

    def stop(name: str, *, timeout_seconds: int | None) -> None:
        stopping.append(name)
        if len(stopping) == 16:
            os.kill(os.getpid(), signal.SIGINT)
        go_on.wait(10)

    with pytest.raises(KeyboardInterrupt):
        executor(stop).carry_out(plan_stop(MANY))
    left = [thread for thread in threading.enumerate() if thread.name.startswith("compose stop")]
    assert left
    # The end of a process waits for no such thread.
    assert all(thread.daemon for thread in left)
    go_on.set()
    for thread in left:
        thread.join(10)
    assert len(stopping) == 16
