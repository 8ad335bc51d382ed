"""Tests of repositories.access: where credentials may follow a list of submodules."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.repositories.access import Access
from jupyter_containers.repositories.addresses import joined

ALL = Access({"Authorization": "x"}, Path("/agent"), b"hosts")


@pytest.mark.parametrize(
    ("url", "address", "has_headers", "has_agent"),
    [
        ("https://h/a.git", "https://h/b.git", True, True),
        ("https://h/a.git", "https://o/b.git", False, True),
        ("https://h/a.git", "http://h/b.git", False, True),
        ("https://h/a.git", "git@H:b.git", False, True),
        ("https://h/a.git", "git@o:b.git", False, False),
        ("git@h:a.git", "ssh://git@h:2222/b.git", False, True),
        ("git@h:a.git", "git@o:b.git", False, False),
        ("git@h:a.git", "https://h/b.git", False, True),
        ("http://h/a.git", "git@h:b.git", False, False),
        ("git://h/a.git", "git@h:b.git", False, False),
        ("http://127.0.0.1/a.git", "git@127.0.0.1:b.git", False, True),
    ],
)
def test_credentials_stay_with_their_host(url: str, address: str, has_headers: bool, has_agent: bool) -> None:
    access = ALL.for_submodule(url, address)
    assert (bool(access.headers), access.agent is not None, access.known_hosts) == (has_headers, has_agent, b"hosts")
    assert bool(access.withheld) is not has_agent


def test_where_there_is_no_agent_none_is_withheld() -> None:
    assert Access().for_submodule("git@h:a", "git@o:b") == Access()


def test_nothing_of_it_is_shown() -> None:
    assert repr(ALL) == "Access(agent=PosixPath('/agent'), withheld='')"


@given(st.text(max_size=30) | st.text("htps:/@[].:0x%", max_size=30).map("https://".__add__))
def test_any_submodule_has_its_access_or_is_refused(text: str) -> None:
    with suppress(InvalidParameter):
        access = ALL.for_submodule("https://h/a.git", joined("https://h/a.git", text))
        assert access.known_hosts == b"hosts"
