"""The Interrupt button in a real kernel: what runs for the cell ends, and nothing is left."""

from __future__ import annotations

import time

import pytest

from tests.support.eventually import eventually
from tests.support.notebook_kernel import Kernel, Reply

# `docker stop` would take 10 s; an interrupt is not to wait for anything.
SOON_SECONDS = 5.0


def interrupted(kernel: Kernel, cell: str, *, when: str, times: int = 1) -> Reply:
    """Run a cell, interrupt it when a text is to be read, and return what it left."""
    request = kernel.begin(cell)
    reply = kernel.finish(request, until=when)
    begun = time.monotonic()
    for _ in range(times):
        kernel.interrupt()
        time.sleep(0.2)  # two signals at the same moment are one to the kernel of Linux
    reply = kernel.finish(request, reply=reply)
    assert time.monotonic() - begun < SOON_SECONDS
    return reply


def nothing_left(kernel: Kernel) -> bool:
    return kernel.run("%container ps -aq").text == ""


def test_a_sleeping_command_ends(kernel: Kernel) -> None:
    reply = interrupted(kernel, "%container run busybox sleep 100", when="running")
    assert reply.error is not None
    assert len(reply.error_lines) == 1
    assert "KeyboardInterrupt" in reply.error_lines[0]
    assert nothing_left(kernel)


def test_a_script_ends_and_its_last_words_are_seen(kernel: Kernel) -> None:
    cell = "%%container run busybox\ntrap 'echo caught; exit 9' INT\necho ready\nwhile :; do sleep 0.1; done\n"
    reply = interrupted(kernel, cell, when="ready")
    assert "ready\ncaught\n[exit 9 after" in reply.outputs[0]["text/plain"]
    assert "SIGINT was sent to the process" in reply.error_lines[0]
    assert nothing_left(kernel)


def test_a_stubborn_one_is_killed_by_the_second(kernel: Kernel) -> None:
    cell = "%%container run busybox\ntrap '' INT\necho ready\nsleep 100\n"
    reply = interrupted(kernel, cell, when="ready", times=2)
    assert "SIGKILL was sent to the process" in reply.error_lines[0]
    assert nothing_left(kernel)


def test_a_build_ends(kernel: Kernel) -> None:
    cell = "%%container build -t slow\nFROM busybox\nRUN echo ready; sleep 100\n"
    reply = interrupted(kernel, cell, when="ready\n")
    assert "cancelled" in reply.outputs[0]["text/plain"]
    assert "the build was stopped" in reply.error_lines[0]
    assert nothing_left(kernel)
    assert "slow" not in kernel.run("%container images").text


def test_following_logs_ends_and_the_container_goes_on(kernel: Kernel) -> None:
    kernel.run("%container run -d --name web busybox sh -c 'echo ready; sleep 100'")
    reply = interrupted(kernel, "%container logs -f -t web", when="ready")
    assert "KeyboardInterrupt" in reply.error_lines[0]
    assert "web" in kernel.run("%container ps").text


def test_an_exec_ends_and_its_container_goes_on(kernel: Kernel) -> None:
    kernel.run("%container run -d --name web busybox sleep 1000")
    reply = interrupted(kernel, "%%container exec web\necho ready\nexec sleep 100\n", when="ready")
    assert "SIGINT was sent to the process" in reply.error_lines[0]
    assert eventually(lambda: "sleep 100\n" not in kernel.run("%container exec web ps -o args").text + "\n")
    assert "web" in kernel.run("%container ps").text


@pytest.mark.parametrize("cell", ["%container ps", "%container run busybox true"])
def test_later_cells_are_not_disturbed(kernel: Kernel, cell: str) -> None:
    interrupted(kernel, "%container run busybox sleep 100", when="running")
    assert kernel.run(cell).error is None
