"""Tests of registry.server.settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.registry.server.retention import Keeping
from jupyter_containers.registry.server.settings import DAY, address, is_loopback, settings


def test_nothing_said() -> None:
    told = settings([])
    assert (told.host, told.port, told.htpasswd, told.tls(), told.expire_seconds) == (
        "127.0.0.1",
        5000,
        None,
        None,
        DAY,
    )
    assert told.root.name == "registry"
    assert not told.tells_metrics
    assert (told.keeping, told.rate_limit) == (None, None)


def test_all_said() -> None:
    told = settings(
        [
            "--root=/r",
            "--listen=0.0.0.0:1",
            "--htpasswd=/h",
            "--tls-cert=/c",
            "--tls-key=/k",
            "--blob-limit=5",
            "--expire=60",
            "--metrics",
            "--rate-limit=600",
            "--keep-newest=3",
            "--keep-days=0.5",
            "--keep=v*",
            "--keep=latest",
        ]
    )
    assert told.rate_limit == 600
    assert told.keeping == Keeping(newest=3, days=0.5, patterns=("v*", "latest"))
    assert told.tells_metrics
    assert (told.root, told.host, told.port) == (Path("/r"), "0.0.0.0", 1)
    assert (told.htpasswd, told.tls_certificate, told.tls_key) == (Path("/h"), Path("/c"), Path("/k"))
    assert (told.blob_limit, told.expire_seconds) == (5, 60)


@pytest.mark.parametrize(
    ("flags", "why"),
    [
        (["--listen=0.0.0.0:5000"], "without TLS"),
        (["--listen=registry.example:5000"], "without TLS"),
        (["--listen=[::]:5000"], "without TLS"),
        (["--tls-cert=/c"], "belong together"),
        (["--tls-key=/k"], "belong together"),
        (["--blob-limit=0"], "--blob-limit must be"),
        (["--expire=0"], "--expire must be"),
        (["--expire=nan"], "--expire must be"),
        (["--quota=-5"], "--quota must be a number of bytes above 0, not -5"),
        (["--rate-limit=0"], "--rate-limit must be a number of requests a minute above 0, not 0"),
        (["--keep-newest=0"], "--keep-newest must be"),
        (["--keep-days=nan"], "--keep-days must be"),
        (["--keep=v*"], r"--keep v\* excepts from"),
        (["--keep-newest=1", "--read-only"], "do not go with --read-only"),
    ],
)
def test_what_is_refused(flags: list[str], why: str) -> None:
    with pytest.raises(InvalidParameter, match=why):
        settings(flags)


def test_a_certificate_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "c").write_text("x")
    told = settings([f"--tls-cert={tmp_path}/c", f"--tls-key={tmp_path}/c"])
    with pytest.raises(InvalidParameter, match="cannot use --tls-cert"):
        told.tls()


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [("localhost:0", "localhost", 0), ("[::1]:65535", "::1", 65535), ("127.0.0.2:80", "127.0.0.2", 80)],
)
def test_addresses(text: str, host: str, port: int) -> None:
    assert address(text) == (host, port)
    assert is_loopback(host)


@pytest.mark.parametrize("text", ["", "5000", ":5000", "host:", "host:x", "host:65536", "::1:5000", "host:٣"])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(InvalidParameter, match="--listen must"):
        address(text)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "example.org", "localhost.example.org"])
def test_who_others_can_reach(host: str) -> None:
    assert not is_loopback(host)
