"""Tests of client.copy_sources."""

from __future__ import annotations

import pytest

from jupyter_containers.client.copy_sources import EVERYTHING, Wanted, copy_sources


@pytest.mark.parametrize(
    ("dockerfile", "sources"),
    [
        ("FROM x\nRUN true", ()),
        ("FROM x\nCOPY a b /dest/", ("a", "b")),
        ("FROM x\ncopy --chown=1:2 --chmod=644 ./a/b /dest", ("a/b",)),
        ("FROM x\nCOPY --from=other a /dest", ()),
        ("FROM x\nADD https://example.com/x.tar a.tar /dest", ("a.tar",)),
        ('FROM x\nCOPY ["a b", "c", "/dest"]', ("a b", "c")),
        ("FROM x\nCOPY a \\\n  b \\\n# comment\n  /dest", ("a", "b")),
        ("# escape=`\nFROM x\nCOPY a `\n b /dest", ("a", "b")),
        ("FROM x\nCOPY *.py /dest", ("*.py",)),
        ("FROM x\nCOPY ../a /dest", ("a",)),
        ("FROM x\nCOPY <<EOF /dest\nhello\nEOF", ()),
        ("FROM x\n# COPY a /dest\nRUN COPY b c", ()),
    ],
)
def test_what_copy_and_add_name_is_wanted(dockerfile: str, sources: tuple[str, ...]) -> None:
    assert copy_sources(dockerfile) == sources


@pytest.mark.parametrize(
    "dockerfile",
    [
        "COPY . /",
        "COPY a . /",
        "COPY / /x",
        "COPY $NAME /",
        "ADD ${A}/b /",
        'COPY ["a", /dest',
        "ONBUILD COPY a /b",
        "RUN --mount=type=bind,target=/x make",
    ],
)
def test_where_it_is_not_clear_everything_is_wanted(dockerfile: str) -> None:
    assert copy_sources(f"FROM x\n{dockerfile}") == EVERYTHING


@pytest.mark.parametrize(
    ("path", "leads", "holds"),
    [
        ("src", True, False),
        ("src/app", True, True),
        ("src/app/deep/file", True, True),
        ("src/other", False, False),
        ("x.py", True, True),
        ("x.txt", False, False),
    ],
)
def test_paths_above_and_below_a_source_are_told_apart(path: str, leads: bool, holds: bool) -> None:
    wanted = Wanted(("src/app", "*.py"))
    assert (wanted.leads_to(path), wanted.holds(path)) == (leads, holds)


def test_everything_holds_everything() -> None:
    assert Wanted(EVERYTHING).holds("any/thing")
