"""Tests of repositories.known_hosts, with files as OpenSSH writes them."""

from __future__ import annotations

import base64
import hashlib
import hmac

import asyncssh
import pytest

from jupyter_containers.repositories.addresses import ShellAddress
from jupyter_containers.repositories.known_hosts import trusted

KEYS = [asyncssh.generate_private_key("ssh-ed25519") for _ in range(2)]
ONE, OTHER = (key.export_public_key().decode().strip() for key in KEYS)


def hashed(name: str) -> str:
    salt = b"s" * 20
    digest = hmac.new(salt, name.encode(), hashlib.sha1).digest()
    return f"|1|{base64.b64encode(salt).decode()}|{base64.b64encode(digest).decode()}"


def counts(text: str, host: str = "h", port: int = 22) -> tuple[int, int, int]:
    """Return how many keys, authorities and revoked keys there are for a server."""
    found = trusted(text.encode(), ShellAddress("git", host, port, "/x"))
    assert found.is_known == bool(found.lists[0] or found.lists[1])
    return tuple(map(len, found.lists[:3]))  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("text", "host", "port", "found"),
    [
        (f"h {ONE}", "h", 22, (1, 0, 0)),
        (f"h {ONE}", "H", 22, (1, 0, 0)),
        (f"h {ONE}", "hh", 22, (0, 0, 0)),
        (f"{hashed('h')} {ONE}", "h", 22, (1, 0, 0)),
        (f"{hashed('[h]:2')} {ONE}", "h", 2, (1, 0, 0)),
        (f"[h]:2 {ONE}", "h", 22, (0, 0, 0)),
        # As OpenSSH does, a key without a port is good for every port that has none of its own.
        (f"h {ONE}", "h", 2, (1, 0, 0)),
        (f"*.example.org,!bad.example.org {ONE}", "a.example.org", 22, (1, 0, 0)),
        (f"*.example.org,!bad.example.org {ONE}", "bad.example.org", 22, (0, 0, 0)),
        (f"@cert-authority * {ONE}", "h", 22, (0, 1, 0)),
        (f"@revoked * {ONE}\nh {ONE}\nh {OTHER}", "h", 22, (2, 0, 1)),
        (f"# h {ONE}\n\nh\n@unknown h {ONE}\nh ssh-ed25519 ????\n|1|x {ONE}\nh {ONE} comment", "h", 22, (1, 0, 0)),
        ("", "h", 22, (0, 0, 0)),
        (f"\0\udcff {ONE}".encode("utf-8", "replace").decode() + f"\nh {ONE}", "h", 22, (1, 0, 0)),
    ],
    ids=map(str, range(14)),
)
def test_a_server_is_known_by_its_name(text: str, host: str, port: int, found: tuple[int, int, int]) -> None:
    assert counts(text, host, port) == found
