"""A place to build in for each test; closed, and looked through for what a build may not leave."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.build_site import BuildSite


@pytest.fixture
def site(tmp_path: Path) -> Iterator[BuildSite]:
    site = BuildSite(tmp_path)
    yield site
    # What RUN --mount=type=cache keeps is meant to stay until somebody prunes.
    asyncio.run(site.builder.forget_cache_directories())
    unfinished = site.unfinished()
    site.close()
    assert unfinished == []
