"""Tests of commands.registry."""

from __future__ import annotations

import sys

import pytest

from jupyter_containers.commands import registry, table
from jupyter_containers.commands.parsing import UsageError, parse


def command_line(*words: str) -> list[str]:
    return registry.command_line(parse(registry.REGISTRY, words, surface="shell", prog="x"))


def test_what_is_said_is_passed_on() -> None:
    said = [
        "--root=/r",
        "--listen=127.0.0.1:1",
        "--htpasswd=h",
        "--tls-cert=c",
        "--tls-key=k",
        "--blob-limit=5",
        "--expire=6",
    ]
    assert command_line("serve", *said) == [sys.executable, "-m", "jupyter_containers.registry.server", *said]


def test_what_is_not_said_is_left_to_the_server() -> None:
    assert command_line("serve") == [sys.executable, "-m", "jupyter_containers.registry.server"]


def test_there_is_one_verb() -> None:
    with pytest.raises(UsageError, match="invalid choice: 'sell'"):
        command_line("sell")


def test_a_notebook_has_it_not() -> None:
    with pytest.raises(UsageError, match="no command is called 'registry'"):
        table.find("registry", "magic")
