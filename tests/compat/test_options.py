"""Docker's options: each option of each command that we have, too, is taken, or refused by name."""

from __future__ import annotations

import re

import pytest

from jupyter_containers.commands import table
from jupyter_containers.commands.command import Command
from tests.support.daemon import Docker

# What docker does not have.
_OURS = {"python", "sandbox", "kernel", "freeze", "debug", "image bootstrap", "registry", "compose", "trace", "diagram",
         "dashboard", "layers", "doctor", "status", "use", "config", "completion", "replay"}  # fmt: skip
_OPTION = re.compile(r"^\s{2,6}(?:(-\w), )?(--[\w-]+)", re.MULTILINE)


def commands() -> list[tuple[str, Command]]:
    found = []
    for command in table.commands_in("shell"):
        verbs = [(f"{command.name} {verb.name}", verb) for verb in command.verbs_in("shell")]
        found += [pair for pair in verbs or [(command.name, command)] if not {command.name, pair[0]} & _OURS]
    return found


@pytest.mark.parametrize(("words", "command"), commands(), ids=lambda value: value if isinstance(value, str) else "")
def test_an_option_of_docker_is_taken_or_refused_by_name(docker: Docker, words: str, command: Command) -> None:
    text = docker(*words.split(), "--help").stdout
    wanted = {name for pair in _OPTION.findall(text) for name in pair if name} - {"--help", "-h"}
    known = {name for argument in command.arguments_in("shell") for name in argument.names}
    assert sorted(wanted - known - command.refused.keys()) == []
