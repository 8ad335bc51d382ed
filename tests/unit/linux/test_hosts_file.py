"""Tests of linux.hosts_file."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_containers.linux import hosts_file
from jupyter_containers.linux.own_addresses import is_own
from jupyter_containers.registry.endpoints import Endpoint, EndpointRules, ForbiddenAddress, is_loopback

TEXT = """\
127.0.0.1 localhost  # away
127.0.1.1\tbench bench.lab
::1 six
10.0.0.9 other both
127.0.0.1 both
not-an-address odd
"""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "hosts"
    path.write_text(TEXT)
    monkeypatch.setattr(hosts_file, "PLACE", path)
    return path


@pytest.mark.parametrize("name", ["bench", "bench.lab", "BENCH", "six"])
def test_a_name_of_the_loopback_is_this_machine(name: str) -> None:
    assert is_loopback(name)
    assert is_own(name)
    domain = f"{name}:5000"
    assert EndpointRules().endpoints(domain) == (
        Endpoint(f"http://{domain}"), Endpoint(f"https://{domain}", verify_tls=False),
    )  # fmt: skip


@pytest.mark.parametrize("name", ["other", "both", "odd", "away", "bench.lab.evil.example", "127.0.1.1.example", "#"])
def test_any_other_name_is_not(name: str) -> None:
    assert not is_loopback(name)
    assert not is_own(name)


def test_a_registry_in_the_world_may_not_point_to_such_a_name() -> None:
    with pytest.raises(ForbiddenAddress, match="which is this machine"):
        EndpointRules().allow("https://bench/v2/", source="https://h.io")


def test_without_the_file_nothing_is_known(place: Path) -> None:
    place.unlink()
    assert not is_loopback("bench")
    assert is_loopback("localhost")
