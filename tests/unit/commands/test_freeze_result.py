"""Tests of commands.freeze_result."""

from __future__ import annotations

import json

from jupyter_containers.commands.freeze_result import FreezeResult
from jupyter_containers.freezing.comparison import CellCheck
from jupyter_containers.freezing.packages import LeftOut, Package


def test_a_dockerfile_is_the_text_with_what_it_lacks() -> None:
    result = FreezeResult("FROM host\n", [Package("a", "1")], [LeftOut("b\x1b", "it is your own", "copy it")])
    assert result.text() == "FROM host\n\nnot in it: b?, as it is your own; copy it"
    assert (bool(result), result.summary()) == (True, "1 package")


def test_a_check_is_told_cell_by_cell() -> None:
    result = FreezeResult("FROM host\n", [], [])
    result.image, result.how, result.python = "app", "script", "3.11"
    result.checks = [
        CellCheck(1, "same"),
        CellCheck(2, "differs", "saved 'a\x1b', now 'b'"),
        CellCheck(3, "not run", "x"),
    ]
    assert not result
    assert result.text().splitlines()[2:] == [
        "[built app]",
        "",
        "cell 1   same",
        "cell 2   differs   saved 'a?', now 'b'",
        "cell 3   not run   x",
        "",
        "[3 cells: 1 same, 1 differs, 1 not run; run as a script: only text is compared, by Python 3.11]",
    ]
    assert json.loads(json.dumps(result.data()))["checks"][1][:2] == [2, "differs"]
    result.checks = [CellCheck(1, "same"), CellCheck(2, "not run")]
    assert result
