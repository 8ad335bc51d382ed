"""Tests of commands.completion: what is proposed, and that a real bash takes it."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pexpect
import pytest

from jupyter_containers.commands.completion import COMPLETION, candidates, complete
from jupyter_containers.commands.parsing import parse
from tests.support.front_double import SessionOn

ROOT = Path(__file__).parents[3]
IMAGES = SimpleNamespace(list=lambda **_: [SimpleNamespace(names=("busybox:latest", "debian:12", "debian:13"))])


def session() -> SessionOn:
    return SessionOn(SimpleNamespace(images=IMAGES), surface="shell")


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("jupyter-containers im", ["image", "images", "import"]),
        ("jupyter-containers network cr", ["create"]),
        ("jupyter-containers run deb", ["debian:12", "debian:13"]),
        ("jupyter-containers run --pull=m", ["--pull=missing"]),
        ("jupyter-containers run --rm --detac", ["--detach"]),
        ("jupyter-containers run 'open", []),
        ("jupyter-containers nope x", []),
    ],
)
def test_what_fits_is_proposed(line: str, found: list[str]) -> None:
    assert candidates(session(), line) == found


def asked(*words: str) -> tuple[str, ...]:
    return complete(session(), parse(COMPLETION, words, surface="shell", prog="x")).lines


def test_what_a_shell_does_not_replace_is_left_out() -> None:
    assert asked("words", "--", "jc run debian:1") == ("debian:12", "debian:13")
    assert asked("--breaks", " =:", "words", "--", "jc run debian:1") == ("12", "13")
    assert asked("--breaks", " =:", "words", "--", "jc run --pull=") == ("always", "missing", "never")


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_scripts_are_printed(shell: str) -> None:
    assert "_jupyter_containers" in asked(shell)[0]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, Any]:
    """What a shell needs to find the command; no daemon."""
    (tmp_path / "jupyter-containers").write_text(f'#!/bin/sh\nexec {sys.executable} -m jupyter_containers "$@"\n')
    (tmp_path / "jupyter-containers").chmod(0o755)
    return {
        "PATH": f"{tmp_path}:/usr/bin:/bin", "PYTHONPATH": str(ROOT), "HOME": str(tmp_path),
        "DOCKER_HOST": f"unix://{tmp_path}/none", "TERM": "dumb",
    }  # fmt: skip


def test_bash_completes_with_the_script(environment: dict[str, Any]) -> None:
    script = """
source <(jupyter-containers completion bash)
COMP_LINE="$1" COMP_POINT=${#1}
_jupyter_containers 2>/dev/null
printf '%s\\n' "${COMPREPLY[@]}"
"""

    def completed(line: str) -> list[str]:
        run = subprocess.run(["bash", "-c", script, "bash", line], env=environment, capture_output=True, text=True,
                             check=True)  # fmt: skip
        return run.stdout.split()

    assert completed("jupyter-containers volume pr") == ["prune"]
    assert completed("jupyter-containers run --pull=al") == ["always"]


@pytest.mark.parametrize(("typed", "line"), [("volume pr", "volume prune"), ("run --pull=al", "run --pull=always")])
def test_zsh_completes_with_the_script_when_tab_is_pressed(
    environment: dict[str, Any], typed: str, line: str
) -> None:  # fmt: skip
    with closing(pexpect.spawn("zsh", ["-f", "-i"], env=environment, encoding="utf-8", timeout=20)) as shell:
        shell.sendline(
            "autoload -U compinit; compinit -u -D; source <(jupyter-containers completion zsh); print r''eady"
        )
        shell.expect_exact("\nready")
        # What stands in the line after Tab is printed by the shell itself: Ctrl-A goes to its beginning.
        shell.send(f"jupyter-containers {typed}\t\x01print -r -- \r")
        shell.expect_exact(f"\njupyter-containers {line}")
