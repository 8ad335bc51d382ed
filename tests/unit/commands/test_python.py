"""Tests of commands.python."""

from __future__ import annotations

import pytest

from jupyter_containers.commands import table
from jupyter_containers.commands.parsing import UsageError, parse
from tests.support.front_double import SessionOn


def test_python_wants_a_body_and_takes_the_host_by_itself() -> None:
    command = table.find("python", "magic")
    options = parse(command, ["-o", "x"], surface="magic", prog="x")
    assert (options.image, options.output) == ("host", ["x"])
    with pytest.raises(UsageError, match="write Python below the line"):
        command.action(SessionOn(), options)


def test_python_is_waited_for() -> None:
    with pytest.raises(UsageError, match="unknown option -d"):
        parse(table.find("python", "magic"), ["-d"], surface="magic", prog="x")
