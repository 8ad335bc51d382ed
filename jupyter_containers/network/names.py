"""The texts of /etc/hosts, /etc/resolv.conf and /etc/hostname inside a container. Pure but for `host_resolv_conf`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


def hostname_text(hostname: str) -> str:
    """Return /etc/hostname."""
    return f"{hostname}\n"


def hosts(hostname: str, *, domainname: str = "", addresses: Sequence[str] = (), extra: Sequence[str] = ()) -> str:
    """Return /etc/hosts: loopback, `extra` ("name:address"), then the container's own `addresses` with its names."""
    raise NotImplementedError


def resolv_conf(
    host_text: str,
    *,
    servers: Sequence[str] = (),
    search: Sequence[str] = (),
    options: Sequence[str] = (),
    keep_loopback: bool = False,
) -> str:
    """Return /etc/resolv.conf for a container, from the host's and what the user asked for."""
    raise NotImplementedError


def host_resolv_conf(etc: Path = Path("/etc/resolv.conf")) -> str:
    """Return the host's resolver configuration; that of the uplinks when systemd-resolved stands before them."""
    raise NotImplementedError
