"""Tests of commands.compose and commands.compose_arguments: words become options."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from jupyter_containers.commands import table
from jupyter_containers.commands.parsing import HelpWanted, UsageError, parse


def options(*words: str, surface: str = "magic") -> Any:
    return parse(table.find("compose", surface), words, surface=surface, prog="x")


def test_options_of_the_project_stand_before_the_verb_or_behind_it() -> None:
    before = options("-f", "a.yaml", "--file=b.yaml", "-p", "mine", "--profile", "p", "up", "-d", "web")
    assert (before.file, before.project_name, before.profile, before.detach, before.service) == (
        ["a.yaml", "b.yaml"], "mine", ["p"], True, ["web"],
    )  # fmt: skip
    behind = options("-p", "mine", "up", "--file", "c.yaml", "-p", "wins")
    assert (behind.file, behind.project_name) == (["c.yaml"], "wins")
    assert options("logs", "-f", "web").follow is True
    assert options("-f", "a.yaml", "logs").follow is False


def test_the_rest_of_exec_and_run_is_their_command() -> None:
    found = options("exec", "--index", "2", "web", "ls", "-l")
    assert (found.index, found.service, found.command) == (2, "web", ["ls", "-l"])
    assert options("run", "-e", "A=1", "web").command == []


def test_each_surface_has_the_verbs_of_docker_compose() -> None:
    for surface in ("shell", "magic"):
        names = [verb.name for verb in table.find("compose", surface).verbs_in(surface)]
        assert names == [
            "up", "create", "scale", "down", "ps", "logs", "exec", "run", "config", "build", "pull", "push", "start",
            "stop", "restart", "rm", "kill", "pause", "unpause", "top", "images", "volumes", "port", "watch", "attach",
            "cp", "export", "commit", "events", "wait", "stats", "ls", "version",
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("upp",), "compose: there is no 'upp'; did you mean up"),
        (("-p",), "compose: what to do"),
        (("-p", "x"), "compose: what to do"),
        (("up", "--menu"), "up: --menu is not supported: there is no menu"),
        (("up", "--detached"), "unknown option --detached; did you mean --detach"),
        (("exec",), "the following arguments are required: SERVICE"),
    ],
)
def test_wrong_words(words: tuple[str, ...], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        options(*words)
    assert message in caught.value.message


def test_help_is_there_for_the_group_and_for_each_verb() -> None:
    with pytest.raises(HelpWanted, match="make and start the services"):
        options("--help")
    with pytest.raises(HelpWanted, match="The cell's body: the Compose file"):
        options("up", "--help")


def test_the_table_is_loaded_without_the_room_and_without_yaml() -> None:
    seen = "[name for name in sys.modules if name == 'yaml' or '.compose.' in name]"
    code = f"import sys, jupyter_containers.commands.table; print({seen})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
