"""Places that tests of this room make and remove."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.support.eventually import eventually


@pytest.fixture
def unified_group() -> Iterator[str]:
    """An empty cgroup v2 group."""
    root = "/sys/fs/cgroup" if os.path.exists("/sys/fs/cgroup/cgroup.controllers") else "/sys/fs/cgroup/unified"
    group = f"{root}/jupyter-containers-test-{os.getpid()}"
    os.mkdir(group)
    yield group

    def removed() -> bool:
        try:
            os.rmdir(group)
        except OSError:
            return False
        return True

    eventually(removed)
