"""Tests of bootstrap.sources."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_containers.bootstrap.sources import Source, parse_list, parse_sources, read
from jupyter_containers.errors import InvalidParameter

LIST = """# comment
deb http://m/debian/ bookworm main contrib # more
deb-src http://m/debian bookworm main
deb [arch=amd64,arm64 signed-by=/a.gpg,/b.gpg trusted=yes] https://n/x  y-security  main

deb http://flat/ ./
"""
SOURCES = """Types: deb deb-src
URIs: http://m/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/a.gpg

Types: deb-src
URIs: http://m
Suites: x
Components: main

Enabled: no
Types: deb
URIs: http://m
Suites: x
Components: main

Types: deb
URIs: https://n/
Suites: z
Components: main
Architectures: amd64
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc
"""


def test_lines_are_read() -> None:
    assert list(parse_list(LIST, "it")) == [
        Source("http://m/debian", "bookworm", ("main", "contrib")),
        Source("https://n/x", "y-security", ("main",), "/a.gpg /b.gpg", ("amd64", "arm64")),
        Source("http://flat", "./", ()),
    ]


def test_paragraphs_are_read() -> None:
    one, two, three = parse_sources(SOURCES, "it")
    assert one == Source("http://m/debian", "bookworm", ("main", "contrib"), "/usr/share/keyrings/a.gpg")
    assert two.suite == "bookworm-updates"
    assert (three.uri, three.architectures) == ("https://n", ("amd64",))
    assert three.signed_by == "\n-----BEGIN PGP PUBLIC KEY BLOCK-----\n.\nabc"


@pytest.mark.parametrize("line", ["deb", "deb http://m", "rpm http://m x main", "deb [arch=amd64 http://m x main"])
def test_a_line_that_is_no_source_is_refused(line: str) -> None:
    with pytest.raises(InvalidParameter, match="it has a line that is no source"):
        list(parse_list(line, "it"))


def test_a_folder_is_read_in_the_order_of_apt(tmp_path: Path) -> None:
    parts = tmp_path / "sources.list.d"
    parts.mkdir()
    (tmp_path / "sources.list").write_text("deb http://one x main\n")
    (parts / "b.list").write_text("deb http://three x main\n")
    (parts / "a.sources").write_text("Types: deb\nURIs: http://two\nSuites: x\nComponents: main\n")
    (parts / "c.list.disabled").write_text("rubbish")
    (parts / "d.save").write_text("rubbish")
    assert [source.uri for source in read(tmp_path)] == ["http://one", "http://two", "http://three"]


def test_a_folder_without_sources_has_none(tmp_path: Path) -> None:
    assert read(tmp_path) == []


@given(st.text("deb []=#:/. \n-Ty", max_size=60))
def test_rubbish_is_read_or_refused(text: str) -> None:
    for parse in (parse_list, parse_sources):
        try:
            assert all(isinstance(source, Source) for source in parse(text, "it"))
        except InvalidParameter:
            pass
