"""Tests of commands.terminal: exit codes and what goes where."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jupyter_containers.commands.terminal import main
from tests.support.canned_server import answer, canned_server


def test_nothing_and_help_explain(capsys: pytest.CaptureFixture[str]) -> None:
    for words in ([], ["--help"], ["help"]):
        assert main(words) == 0
        assert "usage: jupyter-containers COMMAND" in capsys.readouterr().out
    assert main(["run", "--help"]) == 0
    assert "usage: jupyter-containers run" in capsys.readouterr().out


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("jupyter-containers ")


def test_a_mistake_is_one_line_and_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["imagse"]) == 2
    assert (
        capsys.readouterr().err == "jupyter-containers: no command is called 'imagse'; did you mean image or images?\n"
    )
    assert main(["ps", "--alll"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none")


@pytest.mark.usefixtures("nobody")
def test_a_daemon_that_is_not_there_is_code_1_and_for_run_125(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ps"]) == 1
    assert "cannot connect to the daemon" in capsys.readouterr().err
    assert main(["run", "x"]) == 125
    assert main(["exec", "x", "true"]) == 1


def test_a_result_is_printed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with canned_server(
        tmp_path, answer(b"[]"), answer(b'{"message": "No such container: x"}', "404 Not Found")
    ) as server:
        monkeypatch.setenv("DOCKER_HOST", f"unix://{server.path}")
        assert main(["images"]) == 0
        assert capsys.readouterr().out == "REPOSITORY   TAG   IMAGE ID   CREATED   SIZE\n"
        assert main(["rm", "x"]) == 1
        assert capsys.readouterr().err == "jupyter-containers: No such container: x\n"


def test_what_others_have_written_into_an_error_steers_no_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    body = json.dumps({"message": "denied\x1b]0;mine\x07\nline\t2\u202e"}).encode()
    with canned_server(tmp_path, answer(body, "500 Internal Server Error")) as server:
        monkeypatch.setenv("DOCKER_HOST", f"unix://{server.path}")
        assert main(["rm", "x"]) == 1
        assert capsys.readouterr().err == "jupyter-containers: denied?]0;mine?\nline    2?\n"


def test_an_address_that_is_none_is_told(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "npipe:////./pipe/docker")
    assert main(["ps"]) == 1
    assert "expected unix:///path/to/socket, tcp://host:port or ssh://user@host" in capsys.readouterr().err
