"""Fifty containers at once: all start, all end, nothing is left."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.support.daemon import Daemon, Docker
from tests.support.traces import container_processes, leaves_nothing, shims, traces

CROWD = 50
AT_ONCE = 16


def test_fifty_containers_come_and_go(daemon: Daemon, docker: Docker) -> None:
    before = traces(daemon)
    with ThreadPoolExecutor(AT_ONCE) as threads:
        names = [f"crowd-{number}" for number in range(CROWD)]
        list(threads.map(lambda name: docker("run", "-d", "--name", name, "busybox", "sleep", "600"), names))
        assert len(docker("ps", "-q").stdout.split()) == CROWD
        assert len(container_processes(daemon)) == CROWD
        assert len(shims(daemon)) == CROWD
        listed = docker("inspect", "-f", "{{.NetworkSettings.IPAddress}}", *names).stdout.split()
        assert len(set(listed)) == CROWD
        list(threads.map(lambda name: docker("rm", "-f", name), names))
    assert docker("ps", "-aq").stdout == ""
    leaves_nothing(daemon, before)
