"""A daemon of our own for each module, and kernelspecs in a folder of the test's."""

from __future__ import annotations

import pytest

from tests.support.standing_daemon import api, daemon, tidy

__all__ = ["api", "daemon", "tidy"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "integration/kernels" in item.path.as_posix():
            item.add_marker(pytest.mark.needs("root", "namespaces", "overlay"))
