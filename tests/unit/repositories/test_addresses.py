"""Tests of repositories.addresses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.repositories.addresses import Source, is_repository, joined, parse, without_password

U = "https://h/x.git"


@pytest.mark.parametrize(
    ("text", "source"),
    [
        (U, Source(U)),
        (f"{U}#main", Source(U, "main")),
        (f"{U}#main:a/b", Source(U, "main", "a/b")),
        (f"{U}#:/a/../../b/", Source(U, "", "b")),
        (f"{U}#{'a' * 40}", Source(U, "a" * 40)),
        (f"{U}?branch=x/y&subdir=d", Source(U, "refs/heads/x/y", "d")),
        (f"{U}?tag=v1&checksum=abcdef1", Source(U, "refs/tags/v1", checksum="abcdef1")),
        (f"{U}?commit=abcdef1#v1", Source(U, "v1", checksum="abcdef1")),
        (
            f"{U}?ref=pull/1/head&keep-git-dir&submodules=0",
            Source(U, "pull/1/head", keep_git_dir=True, submodules=False),
        ),
        ("git@h:a/b.git#x", Source("git@h:a/b.git", "x")),
        ("git://h/x", Source("git://h/x")),
    ],
)
def test_an_address_names_a_revision_and_a_folder(text: str, source: Source) -> None:
    assert parse(text) == source


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"{U}?x=1", "unexpected query 'x'"), (f"{U}?ref=a&tag=b", "more than one revision"),
        (f"{U}?ref=a#b", "more than one revision"), (f"{U}?subdir=a#b:c", "more than one folder"),
        (f"{U}?ref=a&ref=b", "ref is given twice"), (f"{U}?checksum=xyz", "invalid checksum 'xyz'"),
        (f"{U}?keep-git-dir=maybe", "keep-git-dir is true or false"), (f"{U}#-x", "invalid revision"),
        (f"{U}#a..b", "invalid revision"), (f"{U}?branch=a b", "invalid revision"), (f"{U}#a:\0", "invalid folder"),
        ("/etc", "not the address"), ("https:///x.git", "names no host"), ("https://[x/y.git", "names no host"),
        ("https://u:s3cr3t@h/x.git?x=1", "unexpected query 'x' in 'https://h/x.git"),
    ],
)  # fmt: skip
def test_other_addresses_are_refused(text: str, message: str) -> None:
    with pytest.raises(InvalidParameter, match=message) as caught:
        parse(text)
    assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "is_it"),
    [
        ("https://h/x.git", True), ("http://h/x.git?tag=v1", True), ("https://h/x.git#a:b", True), ("git@h:x", True),
        ("ssh://h/x", True), ("git://h/x", True), ("https://h/x", False), ("https://h/x?y=.git", False),
        ("a@b/c:d", False), ("file.git", False), ("you@h:x", True), ("a@h:", False),
    ],
)  # fmt: skip
def test_repositories_are_known_by_their_addresses(text: str, is_it: bool) -> None:
    assert is_repository(text) is is_it


def test_a_submodule_may_be_relative() -> None:
    assert joined("https://h/a/b.git", "../c.git") == "https://h/a/c.git"
    assert joined("https://h/a/b.git", "../../../../c") == "https://h/c"
    assert joined("https://h/a/b.git", "https://o/x") == "https://o/x"
    with pytest.raises(InvalidParameter, match="is relative"):
        joined("git@h:x", "../c")


@given(st.text(max_size=60) | st.text(alphabet="https:/@.git#?=&refsubdir%-\0~", max_size=60))
def test_any_text_is_an_address_or_is_refused(text: str) -> None:
    is_repository(text)
    for address in (text, f"https://h/x.git{text}"):
        try:
            source = parse(address)
        except InvalidParameter:
            continue
        assert not source.subdir.startswith(("/", ".."))
        assert not source.ref.startswith("-")
        assert "@" not in without_password(source.url).partition("://")[2].partition("/")[0] or "://" not in source.url
