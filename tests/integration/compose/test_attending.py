"""Tests of compose.attending: interrupts, as a person at a terminal or a notebook gives them."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable

import pytest

from jupyter_containers.client import Client
from jupyter_containers.commands.compose_result import ProjectResult
from jupyter_containers.commands.run_result import Interrupted
from jupyter_containers.errors import ContainersError
from tests.integration.compose.conftest import Compose
from tests.support.eventually import eventually

TRAP = """
services:
  web:
    image: busybox
    command: [sh, -c, "trap 'echo web ends; exit 0' TERM; echo ready; while :; do usleep 10000; done"]
    depends_on: [db]
  db: {image: busybox, command: [sh, -c, "trap 'echo db ends; exit 0' TERM; while :; do usleep 10000; done"]}
"""
STUBBORN = """
services: {a: {image: busybox, command: [sh, -c, "trap '' TERM; echo ready; while :; do usleep 10000; done"]}}
"""


def interrupting(client: Client, container: str, when: Callable[[str], bool], times: int = 1) -> threading.Thread:
    """Interrupt this process as soon as a container has written something."""

    def act() -> None:
        def is_there() -> bool:
            names = [one.name for one in client.containers.list(every=True)]
            if container not in names:
                return False
            try:
                return when(b"".join(content for _, content in client.containers.logs(container)).decode())
            except ContainersError:
                return False

        eventually(is_there, within_seconds=30)
        for _ in range(times):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.3)  # two signals at the same moment are one to the kernel of Linux

    thread = threading.Thread(target=act)
    thread.start()
    return thread


def states(client: Client) -> set[str]:
    return {one.state for one in client.containers.list(every=True) if one.name.startswith("shop")}


def test_the_first_interrupt_stops_all_and_their_last_words_are_seen(compose: Compose, client: Client) -> None:
    thread = interrupting(client, "shop-web-1", lambda text: "ready" in text)
    with pytest.raises(Interrupted, match="the services of shop were stopped; compose down removes them") as caught:
        compose("up", body=TRAP)
    thread.join()
    result = caught.value.result
    assert isinstance(result, ProjectResult)
    assert sorted(result.stdout.splitlines()) == ["db-1  | db ends", "web-1 | ready", "web-1 | web ends"]
    assert states(client) == {"exited"}
    # Who needs others ends before them.
    ends = [client.containers.inspect(f"shop-{name}-1")["State"]["FinishedAt"] for name in ("web", "db")]
    assert ends == sorted(ends)


def test_the_second_kills(compose: Compose, client: Client) -> None:
    thread = interrupting(client, "shop-a-1", lambda text: "ready" in text, times=2)
    begun = time.monotonic()
    with pytest.raises(Interrupted, match="the services of shop were killed"):
        compose("up", body=STUBBORN)
    thread.join()
    # Docker's grace period, which is not waited for, is ten seconds.
    assert time.monotonic() - begun < 9
    assert states(client) == {"exited"}


def test_who_only_waits_gives_up_and_what_runs_goes_on(compose: Compose, client: Client) -> None:
    body = """
services:
  a: {image: busybox, command: sh -c 'echo ready; exec sleep 600', stop_grace_period: 0s,
      healthcheck: {test: 'false', interval: 60s}}
  b: {image: busybox, command: "true", depends_on: {a: {condition: service_healthy}}}
"""
    thread = interrupting(client, "shop-a-1", lambda text: "ready" in text)
    with pytest.raises(Interrupted, match="up of shop was given up; what is new and had not been started is removed"):
        compose("up", "-d", body=body)
    thread.join()
    assert [one.name for one in client.containers.list(every=True) if one.name.startswith("shop")] == ["shop-a-1"]
    assert states(client) == {"running"}
