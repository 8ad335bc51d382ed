"""One root file system for all containers of a session."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.rootfs import busybox_rootfs


@pytest.fixture(scope="session")
def rootfs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return busybox_rootfs(tmp_path_factory.mktemp("rootfs") / "lower")
