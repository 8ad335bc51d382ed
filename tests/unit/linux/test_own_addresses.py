from __future__ import annotations

import socket

import pytest

from jupyter_containers.linux.own_addresses import is_own

OWN = (
    "127.0.0.1", "127.9.9.9", "127.1", "2130706433", "0x7f.1", "0177.0.0.1", "0", "0.0.0.0", "::1", "::", "::1%lo",
    "::ffff:127.0.0.1", "::ffff:0:0", "localhost", "LOCALHOST.", "a.localhost", "\uff11\uff12\uff17.0.0.1",
)  # fmt: skip
OTHERS = (
    "128.0.0.1", "10.1", "::2", "::ffff:10.0.0.1", "localhost.evil.io", "127.0.0.1.evil.io", "xlocalhost", "", ".",
    "a\0b", "[", "\ud800", "h.io", "x" * 300,
)  # fmt: skip


@pytest.mark.parametrize("host", OWN)
def test_this_machine_is_known_in_all_that_leads_to_it(host: str) -> None:
    assert is_own(host)


@pytest.mark.parametrize("host", OTHERS)
def test_others_are_not_this_machine(host: str) -> None:
    assert not is_own(host)


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f.1", "0177.0.0.1", "0"])
def test_the_resolver_takes_these_for_addresses(host: str) -> None:
    ((*_, address),) = socket.getaddrinfo(host, 80, socket.AF_INET, socket.SOCK_STREAM)
    assert is_own(str(address[0]))
