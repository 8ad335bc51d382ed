"""Tests of repositories.logins."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.repositories.access import Access
from jupyter_containers.repositories.logins import Logins, headers_for

TOKEN = "Basic eC1hY2Nlc3MtdG9rZW46YQ=="


@pytest.mark.parametrize(
    ("url", "secrets", "header"),
    [
        ("https://h/x.git", {"GIT_AUTH_TOKEN": b"a\n"}, TOKEN),
        ("https://h/x.git", {"GIT_AUTH_TOKEN": b"b", "GIT_AUTH_TOKEN.h": b"a"}, TOKEN),
        ("https://h/x.git", {"GIT_AUTH_TOKEN": b"b", "GIT_AUTH_HEADER": b"bearer x"}, "bearer x"),
        ("https://h/x.git", {"GIT_AUTH_TOKEN.h": b"b", "GIT_AUTH_HEADER.h": b" bearer x\n"}, "bearer x"),
        ("https://h/x.git", {"GIT_AUTH_TOKEN.h": b"a", "GIT_AUTH_HEADER": b"bearer x"}, TOKEN),
        ("https://H:8443/x.git", {"GIT_AUTH_TOKEN.h": b"a"}, TOKEN),
        ("ssh://git@h/x.git", {"GIT_AUTH_TOKEN": b"a"}, None),
        ("http://127.0.0.1:1/x.git", {"GIT_AUTH_TOKEN": b"a"}, TOKEN),
        ("https://h/x.git", {"GIT_AUTH_TOKEN.other": b"a", "other": b"b"}, None),
        ("http://h/x.git", {"GIT_AUTH_TOKEN": b"a"}, None),
        ("git://h/x.git", {"GIT_AUTH_TOKEN": b"a"}, None),
        ("git@h:x.git", {"GIT_AUTH_TOKEN": b"a"}, None),
    ],
)
def test_a_token_is_for_its_host_and_needs_tls(url: str, secrets: dict[str, bytes], header: str | None) -> None:
    assert headers_for(url, secrets).get("Authorization") == header


@pytest.mark.parametrize("secret", [b"s3cr3t\r\nHost: x", b"s3cr3t\xff"])
def test_what_is_no_header_is_refused_without_being_told(secret: bytes) -> None:
    with pytest.raises(InvalidParameter, match="GIT_AUTH_HEADER is no header") as caught:
        headers_for("https://h/x.git", {"GIT_AUTH_HEADER": secret})
    assert "s3cr3t" not in str(caught.value)


def test_a_repository_has_the_agent_the_trusted_servers_and_its_header() -> None:
    logins = Logins({"GIT_AUTH_TOKEN.h": b"a"}, Path("/agent"), b"keys")
    assert logins.access("https://h/x.git") == Access({"Authorization": TOKEN}, Path("/agent"), b"keys")
    assert logins.access("git@o:x.git") == Access({}, Path("/agent"), b"keys")
    assert repr(logins) == "Logins(agent=PosixPath('/agent'))"
