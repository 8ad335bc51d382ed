"""Where a domain's registry answers: host, plain HTTP or TLS, and whether the certificate is checked.

Only the loopback, and what the configuration names as insecure, may be spoken to without TLS. Names count that this
machine's file of hosts leads to the loopback; dockerd also trusts those that a name server leads there, and so whoever
answers for it.
"""

from __future__ import annotations

import ipaddress
import urllib.parse
from collections.abc import Collection
from dataclasses import dataclass

from jupyter_containers.errors import ContainersError, InvalidParameter
from jupyter_containers.linux.hosts_file import is_led_to_loopback
from jupyter_containers.linux.own_addresses import is_own
from jupyter_containers.oci.reference import DEFAULT_DOMAIN

HUB_HOST = "registry-1.docker.io"


class ForbiddenAddress(ContainersError):
    """A registry sends us to an address that we must not use."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One way to reach a registry: `url` is `https://host[:port]`, without a slash at the end."""

    url: str
    verify_tls: bool = True


@dataclass(frozen=True, slots=True)
class EndpointRules:
    """`insecure` holds `host`, `host:port` and CIDR texts: the hosts that may be used without a checked certificate.

    `mirrors` are URLs of registries that are asked for what is on Docker Hub, before it; as HOST=URL, for what is at
    another host.
    """

    insecure: tuple[str, ...] = ()
    mirrors: tuple[str, ...] = ()

    def mirrors_of(self, domain: str) -> tuple[Endpoint, ...]:
        """Return who may have what is at a domain as well, in the order in which to ask."""
        return tuple(
            Endpoint(url.rstrip("/"), verify_tls=not self._is_trusted(urllib.parse.urlsplit(url).netloc))
            for host, url in map(mirrored, self.mirrors)
            if host == domain
        )

    def endpoints(self, domain: str) -> tuple[Endpoint, ...]:
        """Return the ways to reach a domain, best first."""
        if domain == DEFAULT_DOMAIN:
            return (Endpoint(f"https://{HUB_HOST}"),)
        if is_loopback(_host(domain)):
            # Plain first: nobody can listen in between, and a TLS greeting can hang a plain server.
            return Endpoint(f"http://{domain}"), Endpoint(f"https://{domain}", verify_tls=False)
        if self._is_insecure(domain):
            return Endpoint(f"https://{domain}", verify_tls=False), Endpoint(f"http://{domain}")
        return (Endpoint(f"https://{domain}"),)

    def allow(self, url: str, *, source: str) -> Endpoint:
        """Return how to speak to a URL that the registry at `source` sends us to. Raises ForbiddenAddress."""
        parts = parts_of(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ForbiddenAddress(f"registry points to {url!r}, which is not an http or https address")
        is_trusted = self._is_trusted(parts.netloc)
        if parts.scheme == "http" and not is_trusted:
            raise ForbiddenAddress(
                f"registry points to {url}, which is not encrypted; list {parts.hostname} as an insecure registry to "
                "allow it"
            )
        if is_own(parts.hostname) and not self._is_trusted(urllib.parse.urlsplit(source).netloc):
            # Otherwise any registry in the world could make the daemon ask this machine's own services.
            raise ForbiddenAddress(f"registry {source} points to {url}, which is this machine")
        return Endpoint(f"{parts.scheme}://{parts.netloc}", verify_tls=not is_trusted)

    def _is_trusted(self, netloc: str) -> bool:
        domain = netloc.rpartition("@")[2]
        return is_loopback(_host(domain)) or self._is_insecure(domain)

    def _is_insecure(self, domain: str) -> bool:
        return is_listed(domain, self.insecure)


def mirrored(mirror: str) -> tuple[str, str]:
    """Return the host whose images a mirror has, and the URL of the mirror."""
    host, is_of_host, url = mirror.partition("=")
    return (host, url) if is_of_host else (DEFAULT_DOMAIN, mirror)


def is_listed(domain: str, listed: Collection[str]) -> bool:
    """Say whether a list of `host`, `host:port` and CIDR texts names the domain of a registry."""
    host = _host(domain)
    return domain in listed or host in listed or _is_in(host, listed)


def is_loopback(host: str) -> bool:
    """Say whether a host is this machine: 127.0.0.0/8, ::1, localhost, or a name of its own file of hosts for them."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return bool(host) and is_led_to_loopback(host)


def parts_of(url: str) -> urllib.parse.SplitResult:
    """Take a URL apart. Raises InvalidParameter for what cannot be one."""
    try:
        return urllib.parse.urlsplit(url)
    except ValueError as error:
        raise InvalidParameter(f"{url!r} is not an http or https address: {error}") from error


def _host(domain: str) -> str:
    return parts_of(f"//{domain}").hostname or ""


def _is_in(host: str, networks: Collection[str]) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return any(address in network for network in map(_network, networks) if network is not None)


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text) if "/" in text else None
    except ValueError:
        return None
