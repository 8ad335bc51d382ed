"""The entry point: which room answers which word."""

from __future__ import annotations

import subprocess
import sys

import pytest

from jupyter_containers.__main__ import main


def test_the_doctor_answers_without_a_daemon(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--format", "text"]) in (0, 1)
    assert "Containers can" in capsys.readouterr().out


def test_the_daemon_reads_its_own_flags(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["daemon", "--no-such-flag"])
    assert ended.value.code == 2
    assert "jupyter-containers daemon" in capsys.readouterr().err


def test_it_can_be_run_as_a_module() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "jupyter_containers", "daemon", "--version"], capture_output=True, text=True, check=True
    )
    assert run.stdout.startswith("jupyter-containers ")
