"""A box to run containers in: one rootfs for the session, a place of its own for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.containers import Box
from tests.support.rootfs import busybox_rootfs


@pytest.fixture(scope="session")
def rootfs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return busybox_rootfs(tmp_path_factory.mktemp("rootfs") / "lower")


@pytest.fixture(params=["made to order", "born ahead"])
def box(rootfs: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Box:
    """What holds for a container must hold for both ways to make one."""
    return Box(rootfs, tmp_path, ahead=request.param == "born ahead")
