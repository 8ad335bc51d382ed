"""Tests of commands.system."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_containers.commands import table
from jupyter_containers.commands.parsing import UsageError, parse
from jupyter_containers.commands.results import Result
from jupyter_containers.commands.system import rows
from tests.support.front_double import SessionOn

USAGE = {
    "LayersSize": 900,
    "Images": [{"Size": 500, "Containers": 1}, {"Size": 600, "Containers": 0}],
    "Containers": [{"State": "running", "SizeRw": 10}, {"State": "exited", "SizeRw": 20}],
    "Volumes": [{"UsageData": {"Size": 7, "RefCount": 0}}, {"UsageData": {"Size": -1, "RefCount": 1}}],
    "BuildCache": [{"Size": 5, "InUse": False, "Shared": False}, {"Size": 500, "InUse": True, "Shared": True}],
}


class Client:
    """Notes what is pruned with which filters."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, Any]] = []
        for name in ("containers", "networks", "volumes", "images", "builds"):
            setattr(self, name, SimpleNamespace(prune=self._noting(name)))

    def _noting(self, name: str) -> Any:
        def prune(filters: Any = None, **more: Any) -> Any:
            self.seen.append((name, {**(filters or {}), **more}))
            return ["net"] if name == "networks" else {"SpaceReclaimed": 500}

        return prune


def do(client: Any, *words: str) -> Result:
    command = table.find("system", "magic")
    options = parse(command, list(words), surface="magic", prog="%container")
    result = command.action(SessionOn(client), options)
    assert result is not None
    return result


def test_what_takes_how_much() -> None:
    assert rows(USAGE) == (
        ("Images", "2", "1", "900B", "400B"),
        ("Containers", "2", "1", "30B", "20B"),
        ("Local Volumes", "2", "1", "7B", "7B"),
        ("Build Cache", "2", "1", "5B", "5B"),
    )
    client = SimpleNamespace(system=SimpleNamespace(disk_usage=lambda: USAGE))
    assert "RECLAIMABLE" in do(client, "df").text()


def test_a_prune_takes_the_least_unless_told() -> None:
    client = Client()
    assert do(client, "prune").text() == "removed 1 networks; 1.5kB are free again"
    assert [name for name, _ in client.seen] == ["containers", "networks", "images", "builds"]
    assert dict(client.seen)["images"] == {"dangling": ["true"]}
    client = Client()
    do(client, "prune", "-a", "-f", "--volumes", "--filter", "label=x")
    assert [name for name, _ in client.seen] == ["containers", "networks", "volumes", "images"]
    assert dict(client.seen)["images"] == {"label": ["x"], "dangling": ["false"]}


def test_what_does_not_go_together_is_refused() -> None:
    with pytest.raises(UsageError, match="until is not for volumes"):
        do(Client(), "prune", "--volumes", "--filter", "until=1h")
    with pytest.raises(UsageError, match="unknown option --all"):
        do(Client(), "df", "--all")
