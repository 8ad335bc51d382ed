"""Tests of sandboxes.roster."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jupyter_containers.errors import NotFound
from jupyter_containers.sandboxes import roster
from tests.support.sandbox_double import SandboxDaemon, listed


def daemon(*names: str, running: str = "") -> Any:
    containers = [
        listed(name, second=number, state="running" if name == running else "exited")
        for number, name in enumerate(names)
    ]
    return SandboxDaemon(listed=containers)


def test_one_is_found_by_name_number_and_as_the_last() -> None:
    client = daemon("sandbox-1", "mine", "sandbox-3")
    for word, name in (("mine", "mine"), ("1", "sandbox-1"), ("last", "sandbox-3"), ("id-of-mine", "mine")):
        assert roster.find(client, word).name == name
    assert roster.find(client, "mine").folder == Path("/work")
    with pytest.raises(NotFound, match="no sandbox is called 2; there are sandbox-3, mine, sandbox-1"):
        roster.find(client, "2")
    with pytest.raises(NotFound, match="there is none"):
        roster.find(daemon(), "last")


def test_a_new_name_is_above_all_numbers() -> None:
    assert roster.next_name(daemon()) == "sandbox-1"
    assert roster.next_name(daemon("sandbox-2", "sandbox-x", "other-9")) == "sandbox-3"


def test_only_the_newest_that_have_ended_stay() -> None:
    client = daemon("sandbox-1", "sandbox-2", "sandbox-3", "sandbox-4", running="sandbox-1")
    assert roster.remove_the_oldest(client, 2) == ["sandbox-2"]
    assert [entry.name for entry in roster.entries(client)] == ["sandbox-4", "sandbox-3", "sandbox-1"]


def test_what_stands_on_a_saved_sandbox_is_none() -> None:
    (saved,) = daemon("mine").listed
    client: Any = SandboxDaemon(listed=[replace(saved, labels=dict(saved.labels) | {roster.LABEL: ""})])
    assert roster.entries(client) == []
    assert roster.NO_SANDBOX.startswith(f"LABEL {roster.LABEL}=")


def test_a_label_is_one_short_line() -> None:
    folder, cell, _ = roster.labels(Path("/a b"), f"\n  x = 1{'!' * 100}\ny\n")
    assert folder == "jupyter-containers.sandbox=/a b"
    assert cell == f"jupyter-containers.sandbox.cell=x = 1{'!' * 75}"
