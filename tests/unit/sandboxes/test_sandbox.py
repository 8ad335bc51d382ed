"""Tests of sandboxes.sandbox."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jupyter_containers.errors import Conflict
from jupyter_containers.sandboxes.changes import MOST_LOOKED_AT
from jupyter_containers.sandboxes.sandbox import Sandbox
from tests.support.sandbox_double import Change, SandboxDaemon, listed


def test_a_sandbox_is_looked_at_and_its_files_are_made_here(tmp_path: Path) -> None:
    changes = {f"{tmp_path}/a": Change("A", b"text\n"), f"{tmp_path}/l": Change("A", target="x")}
    client: Any = SandboxDaemon(changes, [listed("sandbox-1", folder=str(tmp_path))])
    sandbox = Sandbox.find(lambda: client, "1")
    assert sandbox.diffs == {f"{tmp_path}/a": ["@@ -0,0 +1 @@", "+text"]}
    kept = sandbox.keep(sandbox.choose())
    assert [change.path for change in kept.made] == [f"{tmp_path}/a"]
    assert [(one.path, one.reason) for one in kept.refused] == [(f"{tmp_path}/l", "it is a link")]
    assert (tmp_path / "a").read_text() == "text\n"
    sandbox.save("image")
    sandbox.discard()
    assert (client.committed, client.removed) == ([("id-of-sandbox-1", "image")], ["id-of-sandbox-1"])


def test_one_that_runs_is_left_alone() -> None:
    client: Any = SandboxDaemon({}, [listed("sandbox-1", state="running")])
    with pytest.raises(Conflict, match="sandbox-1 still runs"):
        Sandbox.find(lambda: client, "sandbox-1")


def test_of_very_many_files_all_can_be_kept(tmp_path: Path) -> None:
    many = {f"{tmp_path}/{number:04}": Change("A", b"x") for number in range(MOST_LOOKED_AT + 2)}
    client: Any = SandboxDaemon(many, [listed("sandbox-1", folder=str(tmp_path))])
    sandbox = Sandbox.find(lambda: client, "1")
    assert len(sandbox.keep(sandbox.choose()).made) == len(many) == len(list(tmp_path.iterdir()))
