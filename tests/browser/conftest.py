"""A JupyterLab in Chromium for each module, working with a daemon of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.daemon import Daemon
from tests.support.lab import Lab, chromium, running_lab
from tests.support.leftovers import nothing_left_over, session_tag
from tests.support.standing_daemon import api, daemon, tidy

__all__ = ["api", "daemon", "nothing_left_over", "session_tag", "tidy"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.needs("root", "namespaces", "overlay"))


@pytest.fixture
def counts_interfaces() -> bool:
    """Whose interfaces those are that come and go, nobody can tell from here."""
    return False


@pytest.fixture(scope="module")
def lab(daemon: Daemon, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    if chromium() is None:
        pytest.skip("needs a browser: no chromium on PATH; install Debian's package chromium")
    with running_lab(tmp_path_factory.mktemp("lab"), DOCKER_HOST=daemon.host) as lab:
        yield lab
