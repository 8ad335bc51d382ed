"""Tests of widgets.sandboxes; its buttons are clicked in tests/browser/test_sandboxes.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jupyter_containers.commands.sandbox_result import SandboxFiles
from jupyter_containers.errors import InvalidParameter
from jupyter_containers.sandboxes.sandbox import Sandbox
from jupyter_containers.widgets import sandboxes
from jupyter_containers.widgets.choice import view_of
from jupyter_containers.widgets.sandboxes import SandboxView
from tests.support.sandbox_double import Change, SandboxDaemon, listed


def view(folder: Path, **changes: Change) -> SandboxView:
    told = {f"{folder}/{name}": change for name, change in changes.items()} | {"/etc/x": Change("A", b"1")}
    client: Any = SandboxDaemon(told, [listed("sandbox-1", folder=str(folder))])
    made = view_of(SandboxFiles(Sandbox.find(lambda: client, "last")))
    assert isinstance(made, SandboxView)
    return made


def test_files_are_kept_by_their_rows(tmp_path: Path) -> None:
    shown = view(tmp_path, a=Change("A", b"1"), b=Change("C", b"22"))
    assert shown.files == [
        ["A", "a", "file", 1, True],
        ["C", "b", "file", 2, True],
        ["A", "/etc/x", "file", 1, False],
    ]
    actions = shown.actions()
    assert actions["ask"]({"files": [0, 2]}) == {
        "count": 1,
        "refused": "left out /etc/x: it belongs to the system; force takes it over all the same",
    }
    assert actions["keep"]({"files": [1]}) == "changed b"
    assert [path.name for path in tmp_path.iterdir()] == ["b"]
    assert actions["save"]({"name": "image"}) == "made image of sandbox-1"
    actions["discard"]({})
    assert shown.ended.is_set()
    assert shown._panel.text().splitlines()[3:7] == [
        "[sandbox-1 is gone]", "changed b", "made image of sandbox-1", "discarded sandbox-1",
    ]  # fmt: skip


@pytest.mark.parametrize("rows", [None, "0", [], [-1], [9], ["a"]])
def test_rows_that_are_none_are_refused(tmp_path: Path, rows: object) -> None:
    with pytest.raises(InvalidParameter, match="no rows of the list"):
        view(tmp_path).actions()["keep"]({"files": rows})


def test_very_many_files_are_not_all_to_choose_from(tmp_path: Path) -> None:
    shown = view(tmp_path, **{f"f{number:03}": Change("A") for number in range(sandboxes.MOST_FILES)})
    assert (len(shown.files), shown.more) == (sandboxes.MOST_FILES, 1)
