"""The verbs on a daemon of our own, one for each module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from jupyter_containers import Connection, connect
from tests.support.daemon import Daemon
from tests.support.standing_daemon import api, daemon, tidy

__all__ = ["api", "daemon", "tidy"]


@pytest.fixture
def containers(daemon: Daemon, tidy: None) -> Iterator[Connection]:
    with connect(daemon.host) as connected:
        yield connected
