"""Runs what this host can: `needs(...)` names features of linux.features, each tried once in a session.

A test whose feature is missing is skipped with the kernel's reason, and the count by feature is printed at the end.
"""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import settings

from jupyter_containers.linux import features

# A busy machine is no failure of the code.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

_answers = pytest.StashKey[dict[str, features.Feature]]()
_skipped = pytest.StashKey[Counter[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_answers] = {}
    config.stash[_skipped] = Counter()


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
                item.config.stash[_skipped][name] += 1
                pytest.skip(f"needs {name}: {feature.reason}; {feature.remedy}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for name, count in sorted(config.stash[_skipped].items()):
        terminalreporter.write_line(f"skipped for want of {name}: {count}")


def _feature(config: pytest.Config, name: str) -> features.Feature:
    answers = config.stash[_answers]
    if name not in answers:
        (answers[name],) = features.probe([name])
    return answers[name]
