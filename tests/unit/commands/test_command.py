"""Tests of commands.command."""

from __future__ import annotations

from jupyter_containers.commands.command import TRACED, Argument, Command


def test_a_surface_has_its_own_arguments() -> None:
    here, there, both = (
        Argument(("-a",), "", only_in="shell"),
        Argument(("-b",), "", only_in="magic"),
        Argument(("c",), ""),
    )
    command = Command("x", "", lambda *_: None, (here, there, both))
    assert command.arguments_in("shell") == (here, both, TRACED)
    assert command.arguments_in("magic") == (there, both, TRACED)


def test_an_option_begins_with_a_dash() -> None:
    assert Argument(("-a", "--all"), "").is_option
    assert not Argument(("name",), "").is_option
