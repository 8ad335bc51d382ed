"""Finding a program, and Docker's words and exit codes when there is none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from jupyter_containers.errors import InvalidParameter, from_data, to_data
from jupyter_containers.oci.runtime_spec import Process
from jupyter_containers.runtime.executable import CannotExecute, environment, execute, find


def program(path: Path, mode: int = 0o755) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(mode)
    return path


def refused(name: str, search_path: str = "") -> tuple[str, int]:
    with pytest.raises(CannotExecute) as caught:
        find(name, search_path)
    return caught.value.message, caught.value.exit_code


def test_the_first_directory_that_has_it_wins(tmp_path: Path) -> None:
    program(tmp_path / "b/tool")
    first = program(tmp_path / "a/tool")
    assert find("tool", f"{tmp_path}/none:{tmp_path}/a:{tmp_path}/b") == str(first)


def test_directories_and_files_without_execute_bits_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a/tool").mkdir(parents=True)
    program(tmp_path / "b/tool", 0o644)
    last = program(tmp_path / "c/tool")
    assert find("tool", f"{tmp_path}/a:{tmp_path}/b:{tmp_path}/c") == str(last)


def test_a_name_with_a_slash_is_not_searched(tmp_path: Path) -> None:
    tool = program(tmp_path / "tool")
    assert find(str(tool), "/nowhere") == str(tool)


@pytest.mark.parametrize("search_path", ["", "/nowhere", "/nowhere:/bin/sh"])
def test_a_name_that_is_nowhere_is_127(search_path: str) -> None:
    assert refused("nope", search_path) == ('exec: "nope": executable file not found in $PATH', 127)


def test_the_empty_name_is_127() -> None:
    assert refused("", "/bin") == ('exec: "": executable file not found in $PATH', 127)


@pytest.mark.parametrize("name", ["/nope", "./nope", "../../nope", "bin/nope"])
def test_a_path_that_is_not_there_is_127(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert refused(name) == (f'exec: "{name}": stat {name}: no such file or directory', 127)


def test_a_path_through_a_file_is_126(tmp_path: Path) -> None:
    name = f"{program(tmp_path / 'tool')}/x"
    assert refused(name) == (f'exec: "{name}": stat {name}: not a directory', 126)


def test_a_directory_is_126(tmp_path: Path) -> None:
    assert refused(str(tmp_path)) == (f'exec: "{tmp_path}": permission denied', 126)


def test_a_file_without_execute_bits_is_126(tmp_path: Path) -> None:
    tool = program(tmp_path / "tool", 0o644)
    assert refused(str(tool)) == (f'exec: "{tool}": permission denied', 126)


def test_a_program_of_the_current_directory_must_be_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path / "ls")
    monkeypatch.chdir(tmp_path)
    message, _ = refused("ls", f":{tmp_path}")
    assert message == 'exec: "ls": cannot run executable found relative to current directory'


def test_a_file_that_is_no_program_is_126(tmp_path: Path) -> None:
    tool = program(tmp_path / "tool")
    tool.write_bytes(b"\x7fELFgarbage")
    with pytest.raises(CannotExecute) as caught:
        execute(Process(args=(str(tool),)), {})
    assert (caught.value.message, caught.value.exit_code) == (f'exec: "{tool}": exec format error', 126)


def test_a_script_without_its_interpreter_is_127(tmp_path: Path) -> None:
    tool = program(tmp_path / "tool")
    tool.write_text("#!/nonexistent/interpreter\n")
    with pytest.raises(CannotExecute) as caught:
        execute(Process(args=(str(tool),)), {})
    assert (caught.value.message, caught.value.exit_code) == (f'exec: "{tool}": no such file or directory', 127)


def test_no_arguments_at_all_is_said() -> None:
    with pytest.raises(CannotExecute, match="no command specified"):
        execute(Process(args=()), {})


def test_a_name_with_a_null_byte_is_no_crash() -> None:
    message, exit_code = refused("/a\0b")
    assert "invalid argument" in message
    assert exit_code == 126


def test_arguments_that_are_too_long_are_said() -> None:
    with pytest.raises(CannotExecute, match="argument list too long"):
        execute(Process(args=("/bin/sh", "x" * 10_000_000)), {})


def test_home_is_the_account_s_unless_it_is_set() -> None:
    assert environment(Process(args=(), env=("A=1",)), "/h") == {"A": "1", "HOME": "/h"}
    assert environment(Process(args=(), env=("HOME=/x",)), "/h") == {"HOME": "/x"}
    assert environment(Process(args=(), env=("HOME=",)), "/h") == {"HOME": "/h"}


def test_entries_that_are_no_variables_are_dropped_and_the_last_of_a_name_wins() -> None:
    variables = environment(Process(args=(), env=("A=1", "B", "=x", "A=2=3", "HOME=/")), "/")
    assert variables == {"A": "2=3", "HOME": "/"}


def test_the_exit_code_survives_the_way_between_processes() -> None:
    error = from_data(to_data(CannotExecute("x", exit_code=127)))
    assert isinstance(error, InvalidParameter)
    assert error.details["exit_code"] == 127


def test_finding_does_not_change_directory(tmp_path: Path) -> None:
    before = os.getcwd()
    refused("nope", str(tmp_path))
    assert os.getcwd() == before
