"""Runs what this host can: `needs(...)` names features of linux.features, each tried once in a session.

A test whose feature is missing is skipped with the kernel's reason, and the count by feature is printed at the end.
Under pytest-xdist each worker has a network of its own, so that several may have daemons with bridges and rules.
"""

from __future__ import annotations

import os
import re
from collections import Counter

import pytest
from hypothesis import settings

from jupyter_containers.linux import features
from tests.support import worker_network

# A busy machine is no failure of the code.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

_answers = pytest.StashKey[dict[str, features.Feature]]()
_WANTING = re.compile("needs ([a-z0-9_]+): ")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_answers] = {}
    if hasattr(config, "workerinput"):
        _work_beside_others(config)


def _work_beside_others(config: pytest.Config) -> None:
    # From 3.12 on Python warns of what a fork may do to a worker's other threads, which only carry reports.
    config.addinivalue_line("filterwarnings", "ignore:.*multi-threaded, use of fork:DeprecationWarning")
    if os.geteuid() == 0:
        worker_network.move_in()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    known = set(features.names())
    for item in items:
        unknown = {name for marker in item.iter_markers("needs") for name in marker.args} - known
        if unknown:
            raise pytest.UsageError(f"{item.nodeid} needs unknown features: {', '.join(sorted(unknown))}")


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker in item.iter_markers("needs"):
        for name in marker.args:
            feature = _feature(item.config, name)
            if not feature.available:
                pytest.skip(f"needs {name}: {feature.reason}; {feature.remedy}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reasons = (report.longrepr[2] for report in terminalreporter.stats.get("skipped", ()))
    names = Counter(found[1] for reason in reasons if (found := _WANTING.search(reason)))
    for name, count in sorted(names.items()):
        terminalreporter.write_line(f"skipped for want of {name}: {count}")


def _feature(config: pytest.Config, name: str) -> features.Feature:
    answers = config.stash[_answers]
    if name not in answers:
        (answers[name],) = features.probe([name])
    return answers[name]
