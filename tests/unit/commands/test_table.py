"""Tests of commands.table."""

from __future__ import annotations

import pytest

from jupyter_containers.commands import table
from jupyter_containers.commands.parsing import HelpWanted, UsageError, parse


@pytest.mark.parametrize("surface", ["shell", "magic"])
def test_every_command_can_explain_itself(surface: str) -> None:
    for command in table.commands_in(surface):
        with pytest.raises(HelpWanted) as raised:
            parse(command, ["--help"], surface=surface, prog="x")
        assert command.summary[1:] in str(raised.value)


def test_the_words_that_people_know_are_there() -> None:
    words = "build run exec debug ps images image pull push logs start stop kill rm rmi inspect tag doctor status use"
    words += " system builder container registry login logout python sandbox config completion kernel freeze"
    words += " restart pause unpause wait rename update top stats diff port cp commit export history save load import"
    words += " network volume events info version trace"
    words += " attach dashboard"
    words += " diagram compose"
    words += " diagram"
    words += " layers"
    assert set(words.split()) == {command.name for command in table.COMMANDS}


def test_names_of_commands_and_arguments_are_said_once() -> None:
    assert len({command.name for command in table.COMMANDS}) == len(table.COMMANDS)
    for command in table.COMMANDS:
        for surface in ("shell", "magic"):
            names = [name for argument in command.arguments_in(surface) for name in argument.names]
            assert len(set(names)) == len(names), (command.name, surface)


def test_a_word_like_a_command_brings_its_name() -> None:
    with pytest.raises(UsageError, match="no command is called 'imagse'; did you mean image or images") as raised:
        table.find("imagse", "magic")
    assert "\n" not in raised.value.message


def test_a_word_like_none_brings_them_all() -> None:
    with pytest.raises(UsageError, match="there are build, run, exec"):
        table.find("zzzzz", "magic")


def test_a_surface_has_only_its_own() -> None:
    run = table.find("run", "shell")
    assert parse(run, ["-i", "x"], surface="shell", prog="x").interactive
    with pytest.raises(UsageError):
        parse(run, ["-i", "x"], surface="magic", prog="x")


def test_the_overview_names_all() -> None:
    text = table.overview("%container", "magic")
    assert all(f"  {command.name} " in text for command in table.commands_in("magic"))
