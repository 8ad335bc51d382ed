"""Tests of commands.run_arguments."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_containers.client.run_settings import ExecSettings, RunSettings
from jupyter_containers.commands import table
from jupyter_containers.commands.parsing import parse
from jupyter_containers.commands.run_arguments import exec_settings, run_settings, shown_command, with_values


def settings(*words: str, body: str = "", surface: str = "magic") -> tuple[RunSettings, bytes | None]:
    options = parse(table.find("run", surface), words, surface=surface, prog="x")
    return run_settings(options, body, is_magic=surface == "magic", folder=Path("/here"))


def exec_of(*words: str, body: str = "") -> tuple[ExecSettings, bytes | None]:
    return exec_settings(parse(table.find("exec", "magic"), words, surface="magic", prog="x"), body, Path("/here"))


def test_without_a_body_the_images_own_command_runs() -> None:
    wanted, stdin = settings("img", body=" \n\n")
    assert (wanted.command, wanted.entrypoint, wanted.stdin, stdin) == (None, None, False, None)


def test_a_body_is_a_script_for_sh_whatever_the_entrypoint() -> None:
    wanted, stdin = settings("img", body="echo hi\nexit 3\n")
    assert (wanted.entrypoint, wanted.command, stdin) == (("sh",), ("-c", "echo hi\nexit 3\n"), None)


def test_a_body_is_the_input_of_a_command() -> None:
    wanted, stdin = settings("img", "cat", "-n", body="text\n")
    assert (wanted.entrypoint, wanted.command, wanted.stdin, stdin) == (None, ("cat", "-n"), True, b"text\n")


def test_a_body_is_the_input_of_an_entrypoint() -> None:
    wanted, stdin = settings("--entrypoint", "python3", "img", body="print()\n")
    assert (wanted.entrypoint, wanted.command, stdin) == (("python3",), None, b"print()\n")


def test_a_script_too_long_for_an_argument_goes_as_input() -> None:
    wanted, stdin = settings("img", body="#" * 200_000)
    assert (wanted.entrypoint, wanted.command, stdin) == (("sh",), ("-s",), b"#" * 200_000)


@pytest.mark.parametrize(
    ("words", "surface", "removed"),
    [
        (("img",), "magic", True),
        (("--name", "x", "img"), "magic", False),
        (("-d", "img"), "magic", False),
        (("--keep", "img"), "magic", False),
        (("--name", "x", "--rm", "img"), "magic", True),
        (("-d", "--rm", "img"), "magic", True),
        (("img",), "shell", False),
        (("--rm", "img"), "shell", True),
    ],
)
def test_who_is_removed_at_the_end(words: tuple[str, ...], surface: str, removed: bool) -> None:
    assert settings(*words, surface=surface)[0].auto_remove is removed


@pytest.mark.parametrize(
    ("words", "surface", "init"),
    [
        (("img",), "magic", True),
        (("--no-init", "img"), "magic", False),
        (("-d", "img"), "magic", False),
        (("-d", "--init", "img"), "magic", True),
        (("img",), "shell", False),
    ],
)
def test_an_init_lets_interrupts_reach_the_command(words: tuple[str, ...], surface: str, init: bool) -> None:
    assert settings(*words, surface=surface)[0].init is init


def test_relative_volumes_start_at_the_notebook() -> None:
    assert settings("-v", "./data:/data", "img")[0].volumes == ("/here/data:/data",)


def test_two_dashes_are_no_part_of_a_command() -> None:
    assert settings("img", "--", "ls")[0].command == ("ls",)


def test_an_empty_entrypoint_takes_the_images_away() -> None:
    assert settings("--entrypoint", "", "img")[0].entrypoint == ("",)


def test_a_variable_without_a_value_takes_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HERE", "value")
    monkeypatch.delenv("ELSEWHERE", raising=False)
    assert with_values(["A=1", "HERE", "ELSEWHERE"]) == ("A=1", "HERE=value")


def test_exec_takes_a_body_as_run_does() -> None:
    assert exec_of("web", body="ls")[0].command == ("sh", "-c", "ls")
    wanted, stdin = exec_of("web", "cat", body="x")
    assert (wanted.command, wanted.stdin, stdin) == (("cat",), True, b"x")
    assert exec_of("web", body="#" * 200_000)[0].command == ("sh", "-s")


def test_a_script_is_shown_as_its_shell() -> None:
    options = parse(table.find("run", "magic"), ["img"], surface="magic", prog="x")
    assert shown_command(options, "echo secret") == ("sh",)
    assert shown_command(options, "") == ()
