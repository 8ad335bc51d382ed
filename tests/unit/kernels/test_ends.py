"""Tests of kernels.ends."""

from __future__ import annotations

import ast
import tracemalloc
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_containers.errors import NotFound
from jupyter_containers.kernels import ends


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({"OOMKilled": True, "ExitCode": 137}, "killed at its memory limit (64 MiB)"),
        ({"ExitCode": 0}, "ended by itself"),
        ({"ExitCode": 137}, "ended by SIGKILL: no mod?le"),
        ({"ExitCode": 255}, "ended with exit code 255: no mod?le"),
        ({"ExitCode": 1}, "ended with exit code 1: no mod?le"),
    ],
)
def test_an_end_is_told_in_words(state: dict[str, Any], words: str) -> None:
    assert ends.reason(state, memory_bytes=64 << 20, last_words="no mod\x1ble") == words


def test_without_a_limit_of_its_own_none_is_told() -> None:
    assert ends.reason({"OOMKilled": True}) == "killed at its memory limit"


def test_the_last_line_is_found_or_not() -> None:
    def logs(name: str, **_: Any) -> Any:
        if name == "gone":
            raise NotFound("gone")
        return [(2, b"first\nlast"), (2, b" one\n\n")]

    client: Any = SimpleNamespace(containers=SimpleNamespace(logs=logs))
    assert ends.last_words(client, "c") == "last one"
    assert ends.last_words(client, "gone") == ""


def test_a_line_without_an_end_is_not_kept_whole() -> None:
    def logs(_: str, **__: Any) -> Any:
        for _piece in range(1000):
            yield 2, b"x" * 1000
        yield 2, b"\nlast"

    client: Any = SimpleNamespace(containers=SimpleNamespace(logs=logs))
    tracemalloc.start()
    assert ends.last_words(client, "c") == "last"
    highest = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert highest < 200_000


def test_a_reason_is_kept_where_that_can_be(tmp_path: Path) -> None:
    assert ends.noted(tmp_path) == ""
    ends.note(tmp_path, "killed")
    assert ends.noted(tmp_path) == "killed"
    ends.note(tmp_path / "nowhere", "killed")
    (tmp_path / "last-end.json").write_text("[]")
    assert ends.noted(tmp_path) == ""


def test_a_kernel_after_one_that_ended_as_it_should_says_nothing() -> None:
    assert ends.telling("") == ()
    (argument,) = ends.telling("killed 'by' \"x\"")
    assert argument.startswith("--IPKernelApp.exec_lines=[")
    lines = ast.literal_eval(argument.partition("=")[2])
    for line in lines:
        ast.parse(line)
