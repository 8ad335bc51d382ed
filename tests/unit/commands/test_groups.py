"""Tests of commands.groups."""

from __future__ import annotations

import pytest

from jupyter_containers.commands import table
from jupyter_containers.commands.parsing import HelpWanted, UsageError, parse


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("container ls -a", "ls"),
        ("container list", "ls"),
        ("container ps", "ls"),
        ("container run busybox", "run"),
        ("image ls", "ls"),
        ("image rm x", "rm"),
        ("image remove x", "rm"),
        ("image bootstrap debian:12", "bootstrap"),
        ("builder prune", "prune"),
        ("system info", "info"),
    ],
)
def test_a_group_finds_its_command(words: str, name: str) -> None:
    first, *rest = words.split()
    assert parse(table.find(first, "shell"), rest, surface="shell", prog="x").chosen.name == name


def test_an_inspect_of_a_group_is_of_its_kind() -> None:
    for kind in ("container", "image"):
        assert parse(table.find(kind, "magic"), ["inspect", "x"], surface="magic", prog="x").type == kind


def test_a_group_tells_what_it_has() -> None:
    with pytest.raises(HelpWanted) as raised:
        parse(table.find("image", "magic"), ["--help"], surface="magic", prog="%container")
    assert "usage: %container image COMMAND" in str(raised.value)
    assert "  bootstrap " in str(raised.value)
    with pytest.raises(HelpWanted, match="usage: %container image ls"):
        parse(table.find("image", "magic"), ["ls", "--help"], surface="magic", prog="%container")
    with pytest.raises(UsageError, match="image: what to do"):
        parse(table.find("image", "magic"), [], surface="magic", prog="%container")
