"""Tests of client.interrupts, with real signals to this process."""

from __future__ import annotations

import signal
import threading

import pytest

from jupyter_containers.client.interrupts import Interrupts
from jupyter_containers.errors import Conflict


def interrupt() -> None:
    signal.raise_signal(signal.SIGINT)


def test_the_first_is_sigint_the_second_sigkill_the_third_is_for_us() -> None:
    sent: list[str] = []
    with Interrupts() as interrupts:
        interrupts.deliver_to(sent.append)
        interrupt()
        assert sent == ["INT"]
        interrupt()
        assert sent == ["INT", "KILL"]
        with pytest.raises(KeyboardInterrupt):
            interrupt()
    assert sent == ["INT", "KILL"]


def test_one_that_comes_before_anything_runs_is_delivered_later() -> None:
    sent: list[str] = []
    with Interrupts() as interrupts:
        interrupt()
        with pytest.raises(KeyboardInterrupt):
            interrupts.check()
        interrupts.deliver_to(sent.append)
    assert sent == ["INT"]


def test_a_process_that_has_just_ended_is_no_problem() -> None:
    def gone(name: str) -> None:
        raise Conflict("is not running")

    with Interrupts() as interrupts:
        interrupts.deliver_to(gone)
        interrupt()
        assert interrupts.count == 1


def test_the_handler_from_before_is_put_back() -> None:
    before = signal.getsignal(signal.SIGINT)
    with Interrupts():
        assert signal.getsignal(signal.SIGINT) != before
    assert signal.getsignal(signal.SIGINT) == before


def test_other_threads_go_without() -> None:
    counts: list[int] = []

    def work() -> None:
        with Interrupts() as interrupts:
            interrupts.check()
            counts.append(interrupts.count)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert counts == [0]
