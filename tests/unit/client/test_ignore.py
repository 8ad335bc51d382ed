"""Tests of client.ignore."""

from __future__ import annotations

import posixpath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_containers.build.dockerfile.ignore import IgnoreRules as DaemonsRules
from jupyter_containers.client.ignore import IgnoreRules
from jupyter_containers.errors import InvalidParameter


@pytest.mark.parametrize(
    ("text", "path", "ignored"),
    [
        ("*.pyc", "a.pyc", True),
        ("a\r\nb", "b", True),
        # Only a line feed ends a line, as in Go: what else does in Unicode is part of a name.
        ("a\x0cb\u2028c", "a\x0cb\u2028c", True),
        ("a\x0cb\u2028c", "b", False),
        ("*.pyc", "x/a.pyc", False),
        ("**/*.pyc", "x/y/a.pyc", True),
        ("**/*.pyc", "a.pyc", True),
        ("data", "data/big.bin", True),
        ("/data/", "data/big.bin", True),
        ("./data", "data", True),
        ("data/**", "data/x/y", True),
        ("a?c", "abc", True),
        ("a?c", "a/c", False),
        ("[a-c]x", "bx", True),
        ("[^a-c]x", "bx", False),
        ("[^a]x", "/x", False),
        (r"a\*b", "a*b", True),
        (r"a\*b", "axb", False),
        ("# comment", "# comment", False),
        ("a.b", "axb", False),
        ("*\n!keep", "keep", False),
        ("*\n!keep", "other", True),
        ("*\n!keep\nkeep", "keep", True),
        ("dir\n!dir/keep", "dir/keep", False),
        ("", "anything", False),
    ],
)
def test_the_last_rule_that_fits_decides(text: str, path: str, ignored: bool) -> None:
    assert IgnoreRules.parse(text).ignores(path) is ignored


def test_only_exceptions_may_include_again() -> None:
    assert IgnoreRules.parse("a\n!a/b").may_include_again
    assert not IgnoreRules.parse("a\nb").may_include_again


def test_a_bad_pattern_is_told_with_its_line() -> None:
    with pytest.raises(InvalidParameter, match=r"\.dockerignore line 2: bad pattern '\[a'"):
        IgnoreRules.parse("ok\n[a\n")


PATTERN = st.text(alphabet="ab*?[]^!-\\/.# ", min_size=1, max_size=8)


@given(st.lists(PATTERN, min_size=1, max_size=5).map("\n".join), st.text(alphabet="ab!-/.", min_size=1, max_size=8))
def test_client_and_daemon_read_a_file_alike(text: str, written: str) -> None:
    """What only one of them ignores would be missing in a build, or sent for nothing."""
    path = posixpath.normpath(written).strip("/.") or "a"
    try:
        expected = DaemonsRules.parse(text).ignores(path)
    except InvalidParameter:
        with pytest.raises(InvalidParameter):
            IgnoreRules.parse(text)
        return
    assert IgnoreRules.parse(text).ignores(path) is expected
