"""A daemon of our own for each module, and a client of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from jupyter_containers.client import Client, connect
from tests.support.daemon import Daemon
from tests.support.leftovers import nothing_left_over, session_tag
from tests.support.standing_daemon import api, daemon, tidy

__all__ = ["api", "daemon", "nothing_left_over", "session_tag", "tidy"]


@pytest.fixture
def counts_interfaces() -> bool:
    """Whose interfaces those are that come and go, nobody can tell from here."""
    return False


@pytest.fixture
def client(daemon: Daemon, tidy: None) -> Iterator[Client]:
    with connect(daemon.host) as client:
        yield client
