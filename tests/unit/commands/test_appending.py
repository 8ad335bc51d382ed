"""Tests of commands.appending; in a kernel: tests/integration/magics/test_repairs.py."""

from __future__ import annotations

from argparse import Namespace
from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_containers.commands.appending import append, as_run, inserted
from jupyter_containers.commands.parsing import UsageError
from tests.support.front_double import SessionOn

STEP: Any = SimpleNamespace(id="sha256:1", line=2, file="Dockerfile")
DOCKERFILE = "FROM busybox\nRUN false\nCMD x\n"


def options(*commands: str, tried: bool = False) -> Namespace:
    return Namespace(append=list(commands), append_tried=tried)


def test_a_script_of_one_line_is_a_run_and_a_longer_one_a_document() -> None:
    assert as_run("apk add x\n") == ["RUN apk add x"]
    assert as_run("one\ntwo\n") == ["RUN <<FIX", "set -e", "one", "two", "FIX"]
    assert as_run("cat <<FIX\nFIX\n")[0] == "RUN <<FIX_"


def test_it_goes_before_the_line_that_failed() -> None:
    assert inserted(DOCKERFILE, 2, ["RUN a"]) == "FROM busybox\nRUN a\nRUN false\nCMD x\n"


def test_a_cell_that_builds_it_again_is_proposed() -> None:
    session, proposed = SessionOn(), list[str]()
    session.propose = proposed.append
    session.repairs.remember(STEP.id, "build -t app", DOCKERFILE)
    session.repairs.note(STEP.id, "touch /a")
    session.repairs.note(STEP.id, "touch /a")
    assert (
        append(session, options("echo b", tried=True), STEP).text().startswith("the cell below builds it with 2 more")
    )
    assert proposed == ["%%container build -t app\nFROM busybox\nRUN touch /a\nRUN echo b\nRUN false\nCMD x\n"]


def test_of_a_file_the_lines_are_told() -> None:
    assert append(SessionOn(), options("echo b"), STEP).lines == ("put into Dockerfile, before line 2:", "RUN echo b")


def test_nothing_to_append_is_told() -> None:
    with pytest.raises(UsageError, match="nothing has been tried"):
        append(SessionOn(), options(tried=True), STEP)
