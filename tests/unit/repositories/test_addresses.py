"""Tests of repositories.addresses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.repositories.addresses import (
    ShellAddress,
    Source,
    is_repository,
    is_shell,
    joined,
    parse,
    shell_address,
    without_password,
)

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
        (f"{U}?checksum=a", Source(U, checksum="a")),
        (f"{U}?commit=abcdef1#v1", Source(U, "v1", checksum="abcdef1")),
        (
            f"{U}?ref=pull/1/head&keep-git-dir&submodules=0",
            Source(U, "pull/1/head", keep_git_dir=True, submodules=False),
        ),
        (f"{U}?checksum=a#v:d/", Source(U, "v", "d", checksum="a")),
        (f"{U}?submodules=FALSE&keep-git-dir=1&subdir=d#v", Source(U, "v", "d", "", True, False)),
        ("git@h:a/b.git#x", Source("git@h:a/b.git", "x")),
        ("git://h/x", Source("git://h/x")),
        ("ssh://git@h:22/a#b", Source("ssh://git@h:22/a", "b")),
    ],
)
def test_an_address_names_a_revision_and_a_folder(text: str, source: Source) -> None:
    assert parse(text) == source


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"{U}?{'&'.join(['ref=a'] * 51)}", "more than 50 queries in 'https://h/x.git"),
        *((f"{scheme}h:{port}/x.git", "names no host, or a port that is none")
          for scheme in ("https://", "ssh://git@", "git://") for port in ("0", "99999", "x")),
        (f"{U}?x=1", "unexpected query 'x'"), (f"{U}?ref=a&tag=b", "more than one revision"),
        (f"{U}?ref=a#b", "more than one revision"), (f"{U}?subdir=a#b:c", "more than one folder"),
        (f"{U}?ref=a&ref=b", "ref is given twice"), (f"{U}?checksum=xyz", "invalid checksum 'xyz'"),
        (f"{U}?keep-git-dir=maybe", "keep-git-dir is true or false"), (f"{U}#-x", "invalid revision"),
        (f"{U}#a..b", "invalid revision"), (f"{U}?branch=a b", "invalid revision"), (f"{U}#a:\0", "invalid folder"),
        ("/etc", "not the address"), ("https:///x.git", "names no host"), ("https://[x/y.git", "names no host"),
        ("ssh://h/x", "names no user for ssh; write ssh://git@h/"), ("ssh://-x@h/x", "names no user and host"),
        ("ssh://git@-x/x", "names no user and host"), ("-x@h:x", "names no user and host"),
        ("git@-oProxyCommand:x", "names no user and host"), ("git@h:-x", "names no path"), ("ssh://git@h/", "no path"),
        ("ssh://git@h/a%0ab", "names no path"), ("ssh://git@h", "no path"),
        ("ssh://git@h:99999/x", "names no host"), ("ssh://git@[fe80::1%25x]/x", "names no user and host"),
        ("ssh://g%20t@h/x", "names no user and host"), ("ssh://git:s3cr3t@h/x", "a password for ssh is not used"),
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


@pytest.mark.parametrize(
    ("url", "address", "place"),
    [
        ("git@h:a/b.git", ShellAddress("git", "h", 22, "a/b.git"), "h"),
        ("git@h:/a", ShellAddress("git", "h", 22, "/a"), "h"),
        ("ssh://org-1@h:2222/a%20b", ShellAddress("org-1", "h", 2222, "/a b"), "[h]:2222"),
        ("ssh://u@h/~/a", ShellAddress("u", "h", 22, "~/a"), "h"),
        ("ssh://u@[::1]:2/~v/a", ShellAddress("u", "::1", 2, "~v/a"), "[::1]:2"),
    ],
)
def test_ssh_finds_a_path_on_a_server(url: str, address: ShellAddress, place: str) -> None:
    assert (shell_address(url), address.place) == (address, place)


def test_only_forty_digits_are_a_commit() -> None:
    refs = ("a" * 40, "a" * 39, "g" * 40, "a" * 41, "main", "")
    assert [Source(U, ref).is_commit for ref in refs] == [True, False, False, False, False, False]


def test_users_of_ssh_are_no_secrets() -> None:
    assert (
        without_password("x ssh://git@h/a https://t0ken@h/b ssh://u:p@h/c") == "x ssh://git@h/a https://h/b ssh://h/c"
    )


def test_a_submodule_may_be_relative() -> None:
    assert joined("https://h/a/b.git", "../c.git") == "https://h/a/c.git"
    assert joined("https://h/a/b.git", "../../../../c") == "https://h/c"
    assert joined("https://h/a/b.git", "https://o/x") == "https://o/x"
    assert joined("git@h:a/b.git", "../c.git") == "git@h:a/c.git"
    assert joined("git@h:/a/b.git", "../../../c.git") == "git@h:/c.git"
    assert joined("git@h:x", "../../c") == "git@h:c"
    assert joined("ssh://git@h:2/a/b.git", "../c") == "ssh://git@h:2/a/c"


@pytest.mark.parametrize("url", ["https://[x/y", "https://h:99999/x", "git://h:0/x", "https://me:s3cr3t@[x"])
def test_a_submodule_may_not_be_nowhere(url: str) -> None:
    with pytest.raises(InvalidParameter, match="names no host, or a port that is none") as caught:
        joined("https://h/a.git", url)
    assert "s3cr3t" not in caught.value.message


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
        shown = without_password(source.url)
        assert "@" not in shown.partition("://")[2].partition("/")[0] or is_shell(shown)
