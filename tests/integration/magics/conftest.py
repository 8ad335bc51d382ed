"""A real kernel for each module, working with a daemon of our own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.daemon import Daemon
from tests.support.notebook_kernel import Kernel, running_kernel
from tests.support.standing_daemon import api, daemon, tidy

__all__ = ["api", "daemon", "tidy"]


@pytest.fixture(scope="module")
def kernel_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("k")


@pytest.fixture(scope="module")
def loaded(daemon: Daemon, kernel_folder: Path) -> Iterator[Kernel]:
    with running_kernel(kernel_folder, DOCKER_HOST=daemon.host) as kernel:
        assert kernel.run("%load_ext jupyter_containers").error is None
        yield kernel


@pytest.fixture
def kernel(loaded: Kernel, tidy: None) -> Kernel:
    """The kernel, with the extension loaded; containers are removed after each test."""
    return loaded
