"""A registry of our own for each test. It makes no interfaces; those that come and go meanwhile are others'."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.own_registry import OwnRegistry, own_registry


@pytest.fixture
def counts_interfaces() -> bool:
    return False


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[OwnRegistry]:
    with own_registry(tmp_path / "registry") as registry:
        yield registry
