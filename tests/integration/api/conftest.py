"""One daemon for each module of tests."""

from __future__ import annotations

import pytest

from tests.support.standing_daemon import api, daemon, tidy

__all__ = ["api", "daemon", "tidy"]


@pytest.fixture(autouse=True)
def removed(tidy: None) -> None:
    """Leave no container."""
