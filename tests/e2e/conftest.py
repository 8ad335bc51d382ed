"""The whole system as a person meets it: a real daemon, the real docker CLI, real kernel, and accidents."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import interfaces
from tests.support.api_client import Api
from tests.support.daemon import Daemon, Docker, running_daemon
from tests.support.leftovers import nothing_left_over, session_tag
from tests.support.standing_daemon import load_image
from tests.support.traces import bridge, leaves_nothing, shims, traces

__all__ = ["nothing_left_over", "session_tag"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.needs("root", "namespaces", "overlay"))


@pytest.fixture
def counts_interfaces() -> bool:
    """Whose interfaces those are that come and go, only the name of the bridge tells; see traces."""
    return False


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    """A daemon for one test, with an image called busybox: it may be killed and started again."""
    with running_daemon(tmp_path) as daemon:
        load_image(Api(os.fspath(daemon.socket)))
        try:
            yield daemon
        finally:
            if daemon.process is None or daemon.process.poll() is not None:
                daemon.start()
    assert not shims(daemon)
    assert bridge(daemon) not in interfaces.names()


@pytest.fixture
def docker(daemon: Daemon) -> Docker:
    return Docker(daemon.host)


@pytest.fixture
def api(daemon: Daemon) -> Api:
    return Api(os.fspath(daemon.socket))


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """A daemon for a module of tests that do it no harm."""
    folder = tmp_path_factory.mktemp("d")
    with running_daemon(folder, "--max-download-attempts", "2") as started:
        api = Api(os.fspath(started.socket))
        load_image(api)
        # The bridge is made for the first container on it, and kept: no test shall be blamed for it.
        api.output("true", host={"NetworkMode": "bridge"})
        yield started
    shutil.rmtree(folder)


@pytest.fixture
def unharmed(standing: Daemon) -> Iterator[Daemon]:
    """The standing daemon; after the test it is the same process, and has nothing that it had not before."""
    before, pid = traces(standing), standing.pid
    yield standing
    assert standing.process is not None and standing.process.poll() is None, standing.log[-6000:]
    assert standing.pid == pid
    leaves_nothing(standing, before)
