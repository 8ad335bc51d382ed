"""Tests of pictures.sandboxes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jupyter_containers.client.runs import Outcome
from jupyter_containers.commands.sandbox_result import SandboxFiles, SandboxResult
from jupyter_containers.pictures import picture
from jupyter_containers.sandboxes.sandbox import Sandbox
from tests.support.pictures import EVIL, after, check, words
from tests.support.sandbox_double import Change, SandboxDaemon, listed

NOW = datetime.now(UTC)


def found(changes: dict[str, Change]) -> Sandbox:
    client: Any = SandboxDaemon(changes, [listed(EVIL)])
    return Sandbox.find(lambda: client, "last")


def test_hostile_names_and_contents_are_text() -> None:
    result = SandboxResult(("python",), withheld=(EVIL,))
    result.sandbox = found({f"/work/{EVIL}": Change("A", f"{EVIL}\n".encode()), f"/{EVIL}": Change("D")})
    drawn = picture(after(result, (1, EVIL.encode()), Outcome("c", 0, NOW, NOW)))
    check(drawn)
    assert "<script" not in drawn
    assert "\x1b" not in drawn


def test_a_changed_file_opens_to_its_lines(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("one\n")
    result = SandboxFiles(found({f"{tmp_path}/a": Change("C", b"two\n")}))
    check(picture(result))
    assert "<details><summary" in picture(result)
    assert f"C {tmp_path}/a   4B@@ -1 +1 @@\n-one\n+two" in words(result)


def test_many_files_are_a_click_away() -> None:
    result = SandboxFiles(found({f"/work/{number:03}": Change("A", b"\0") for number in range(30)}))
    assert "30 files changed" in words(result)
    assert "10 more" in words(result)
