"""Tests of client.addresses."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_containers.client.addresses import Address, from_environment
from jupyter_containers.errors import InvalidParameter, Unsupported


def test_a_unix_address_names_its_socket() -> None:
    assert Address.parse("unix:///run/x.sock").path == Path("/run/x.sock")


def test_an_address_is_printed_as_it_is_written() -> None:
    assert str(Address.parse("unix:///run/x.sock")) == "unix:///run/x.sock"


@pytest.mark.parametrize("text", ["tcp://127.0.0.1:2375", "ssh://me@there", "npipe:////./pipe/x"])
def test_other_ways_are_refused_by_name(text: str) -> None:
    with pytest.raises(Unsupported, match="only unix:// addresses are supported"):
        Address.parse(text)


@pytest.mark.parametrize("text", ["", "/run/x.sock", "unix://", "unix://x.sock", "nonsense://x"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(InvalidParameter, match="not an address of a daemon"):
        Address.parse(text)


def test_docker_host_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///a")
    assert from_environment() == Address(Path("/a"))
    monkeypatch.setenv("DOCKER_HOST", "")
    assert from_environment() is None
