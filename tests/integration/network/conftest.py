from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.lone_host import LoneHost


@pytest.fixture
def host() -> Iterator[LoneHost]:
    """A host with one uplink and no firewall but ours."""
    with LoneHost() as lone_host:
        yield lone_host
