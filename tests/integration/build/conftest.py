"""A place to build in for each test; closed, and looked through for what a build may not leave."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.build_site import BuildSite


@pytest.fixture
def site(tmp_path: Path) -> Iterator[BuildSite]:
    site = BuildSite(tmp_path)
    yield site
    unfinished = site.unfinished()
    site.close()
    assert unfinished == []
