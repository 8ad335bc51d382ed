"""`jupyter-containers build …` as a shell sees it: options, exit codes, what is printed, against a daemon."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from jupyter_containers.client import Client
from jupyter_containers.commands.terminal import main
from tests.support.daemon import Daemon
from tests.support.tiny_image import tar_of


@pytest.fixture
def folder(client: Client, daemon: Daemon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder, and the daemon as the one in use."""
    monkeypatch.setenv("DOCKER_HOST", daemon.host)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def give(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content)))


def test_all_kinds_of_inputs_reach_a_build(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("main", "docs"):
        (folder / name).mkdir()
        (folder / name / "f").write_text(f"{name}\n")
    (folder / "main" / "skipped").write_text("x")
    (folder / "main" / "D").write_text(
        "FROM busybox\nCOPY . /m\nCOPY --from=docs f /d\nARG A\n"
        "RUN --mount=type=secret,id=one --mount=type=secret,id=two,env=TWO "
        "cat /m/f /d /run/secrets/one; echo $TWO $A; ls /m; grep -c named /etc/hosts; ulimit -n\n"
    )
    (folder / "main" / "D.dockerignore").write_text("skipped\nD*\n")
    (folder / "secret").write_text("from a file\n")
    monkeypatch.setenv("TOKEN", "from a variable")
    words = [
        "build", "-f", "main/D", "--build-context", "docs=docs", "--secret", "id=one,src=secret", "--secret",
        "id=two,env=TOKEN", "--add-host", "named:192.0.2.1", "--ulimit", "nofile=99", "--build-arg", "A=a", "--label",
        "l=v", "--progress", "plain", "--iidfile", "id", "-t", "inputs", "main",
    ]  # fmt: skip
    assert main(words) == 0
    printed = capsys.readouterr().out
    assert "main\ndocs\nfrom a file\nfrom a variable a\nf\n1\n99\n" in printed
    assert (folder / "id").read_text().startswith("sha256:")
    assert main(["build", "-q", "-f", "main/D", *words[3:-5], "main"]) == 0
    assert capsys.readouterr().out == (folder / "id").read_text() + "\n"


def test_standard_input_is_a_dockerfile_or_a_context(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "f").write_text("in the folder\n")
    give(monkeypatch, b"FROM busybox\nRUN echo from nowhere\n")
    assert main(["build", "-"]) == 0
    give(monkeypatch, b"FROM busybox\nCOPY f /\nRUN cat /f\n")
    assert main(["build", "-f", "-", "."]) == 0
    give(monkeypatch, tar_of({"D": b"FROM busybox\nCOPY f /\nRUN cat /f\n", "f": b"in the tar\n"}))
    assert main(["build", "-f", "D", "-"]) == 0
    printed = capsys.readouterr().out
    assert [text in printed for text in ("from nowhere\n", "in the folder\n", "in the tar\n")] == [True] * 3


def test_a_check_is_exit_code_1_with_findings_and_0_without(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "Dockerfile").write_text("FROM busybox\nCMD echo hello\n")
    assert main(["build", "--check", "."]) == 1
    printed = capsys.readouterr().out
    assert printed.startswith("Check complete, 1 warning has been found!\n\nWARNING: JSONArgsRecommended - https://")
    assert "Dockerfile:2\n" in printed
    assert "   2 | >>> CMD echo hello\n" in printed
    (folder / "Dockerfile").write_text('FROM busybox\nCMD ["echo", "hello"]\n')
    assert main(["build", "--check"]) == 0
    assert capsys.readouterr().out == "Check complete, no warnings found.\n"
    (folder / "Dockerfile").write_text("FROM busybox\nRUNN x\n")
    assert main(["build", "--check"]) == 1
    assert "unknown instruction: RUNN" in capsys.readouterr().err


def test_a_mistake_in_an_option_is_told_before_anything_is_built(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:  # fmt: skip
    (folder / "Dockerfile").write_text("FROM busybox\n")
    assert main(["build", "--secret", "id=x,src=none", "."]) == 1
    assert "secret x: cannot read" in capsys.readouterr().err
    assert main(["build", "--ssh", "x=none", "."]) == 1
    assert f"--ssh x: {folder / 'none'}: No such file" in capsys.readouterr().err
