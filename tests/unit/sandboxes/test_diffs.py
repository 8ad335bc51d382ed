"""Tests of sandboxes.diffs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.sandboxes import diffs
from jupyter_containers.sandboxes.changes import FileChange, Kind
from tests.support.sandbox_double import Change, SandboxDaemon


def found(**contents: bytes) -> dict[str, list[str]]:
    """Return the diffs of files that were added."""
    told = {f"/nowhere/{name}": Change("A", content) for name, content in contents.items()}
    client: Any = SandboxDaemon(told)
    listed = [FileChange("A", path, Kind.FILE, len(change.content)) for path, change in told.items()]
    return diffs.diffs(client, "c", listed)


def test_small_text_is_compared_with_what_is_here(tmp_path: Path) -> None:
    path = str(tmp_path / "a")
    (tmp_path / "a").write_text("one\ntwo\n")
    client: Any = SandboxDaemon({path: Change("C", b"one\nthree\n")})
    told = diffs.diffs(client, "c", [FileChange("C", path, Kind.FILE, 10)])
    assert told == {path: ["@@ -1,2 +1,2 @@", " one", "-two", "+three"]}
    (tmp_path / "a").unlink()
    (tmp_path / "a").symlink_to("/etc/passwd")
    assert diffs.diffs(client, "c", [FileChange("C", path, Kind.FILE, 10)]) == {}


def test_what_is_no_text_or_large_has_none() -> None:
    assert found(binary=b"a\0b", latin=b"\xff", large=b"x" * (diffs.MOST_BYTES + 1), empty=b"") == {}


def test_a_diff_and_their_number_have_an_end() -> None:
    (lines,) = found(long=b"x\n" * 1000).values()
    assert (len(lines), lines[-1]) == (diffs.MOST_LINES + 1, "… 901 more lines")
    assert len(found(**{f"f{number}": b"x\n" for number in range(30)})) == diffs.MOST_FILES


def test_files_that_are_no_text_are_not_read_without_end() -> None:
    # Each is a request, and a copied folder may have thousands of them.
    names = [f"f{number}" for number in range(diffs.MOST_READ)]
    assert list(found(**dict.fromkeys(names[:-1], b"\0"), last=b"x\n")) == ["/nowhere/last"]
    assert found(**dict.fromkeys(names, b"\0"), last=b"x\n") == {}


def test_what_is_no_plain_file_has_no_content() -> None:
    client: Any = SandboxDaemon({"/l": Change("A", target="/etc/shadow")})
    with pytest.raises(InvalidParameter, match="no plain file"), diffs.content_of(client, "c", "/l"):
        pass
