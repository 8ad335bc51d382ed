"""Tests of compose.watching."""

from __future__ import annotations

import gc
import threading

from jupyter_containers.client import Client
from jupyter_containers.client.following import Following
from jupyter_containers.client.values import Event
from jupyter_containers.compose.observing import observe
from jupyter_containers.compose.watching import Interrupt, LogEnded, Watch, Wrote
from tests.integration.compose.conftest import Compose

FILE = "services: {a: {image: busybox, command: sh -c 'echo hi; exec sleep 600', stop_grace_period: 0s}}"


def test_events_output_and_interrupts_come_in_one_queue(compose: Compose, client: Client) -> None:
    compose("up", "-d", body=FILE)
    (container,) = observe(client, "shop").of("a")
    with Watch(client, "shop") as watch:
        watch.follow_logs("a", container.name, container.id, framed=True, since="")
        assert watch.next(10) == Wrote("a", "shop-a-1", 1, b"hi\n")
        watch.put(Interrupt("INT"))
        assert watch.next(10) == Interrupt("INT")
        client.containers.kill(container.id)
        happened = [watch.next(10) for _ in range(3)]
        assert LogEnded("shop-a-1") in happened
        assert {one.action for one in happened if isinstance(one, Event)} == {"kill", "die"}
        assert watch.next(0.01) is None


def test_a_watch_ends_though_nothing_happens_and_nobody_reads(compose: Compose, client: Client) -> None:
    loud = FILE.replace("echo hi; exec sleep 600", "while true; do echo hi; done")
    compose("up", "-d", body=loud)
    (container,) = observe(client, "shop").of("a")
    with Watch(client, "shop") as watch:
        watch.follow_logs("a", container.name, container.id, framed=True, since="")
        assert isinstance(watch.next(10), Wrote)
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("compose")] == []


def test_logs_that_have_ended_are_forgotten(compose: Compose, client: Client) -> None:
    compose("up", "-d", body="services: {a: {image: busybox, command: 'true'}}")
    client.containers.wait("shop-a-1").result()
    with Watch(client, "shop") as watch:
        for _ in range(8):
            watch.follow_logs("a", "shop-a-1", "shop-a-1", framed=True, since="")
            assert watch.next(10) == LogEnded("shop-a-1")
        gc.collect()
        # Events, the last log, and the one before if its thread was still on its way out.
        assert sum(isinstance(one, Following) for one in gc.get_objects()) <= 3
