"""Clients of git servers: dulwich's, with the daemon's rules about redirects, time and how much a server may say.

dulwich is imported when a repository is first asked for: most daemons never are.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from jupyter_containers.errors import Forbidden, InvalidParameter, Unsupported
from jupyter_containers.repositories.addresses import without_password

# How long a server may be silent.
SECONDS = 30.0
# All that a server may say before a pack begins: its refs, mostly. The largest repositories have some 50 MB of them.
MAX_TALK_BYTES = 128 << 20
_GIT_PORT = 9418


class Meter:
    """Counts what a server says until its pack begins; from then on the pack is counted elsewhere.

    `closing` closes what a failure may have left open, in this order.
    """

    def __init__(self) -> None:
        self.in_pack = False
        self._left = MAX_TALK_BYTES
        self.closing: list[Callable[[], object]] = []

    def close(self) -> None:
        while self.closing:
            self.closing.pop()()

    def metered(self, read: Callable[[int], bytes]) -> Callable[[int], bytes]:
        def reading(size: int = -1) -> bytes:
            content = read(size if self.in_pack or size >= 0 else self._left + 1)
            if not self.in_pack:
                self._left -= len(content)
                if self._left < 0:
                    raise InvalidParameter(f"the git server says more than {MAX_TALK_BYTES} bytes before its files")
            return content

        return reading


def client_for(url: str, headers: Mapping[str, str]) -> tuple[Any, str, Meter]:
    """Return a client, the path to ask it for, and its meter. `headers` go to the URL's own host only.

    Raises Unsupported for ssh and others.
    """
    scheme = urlsplit(url).scheme if "://" in url else "ssh"
    meter = Meter()
    if scheme == "git":
        client, path = _tcp_client(url, meter)
    elif scheme in ("http", "https"):
        client, path = _web_client(url, headers, meter)
    else:
        raise Unsupported(
            f"{without_password(url)}: a repository is fetched by https, http or git here, not by {scheme}; use its "
            "https address, with a token in --secret id=GIT_AUTH_TOKEN where it is private"
        )
    # A server could send us elsewhere for packs, past every rule here.
    client._fetch_capabilities.discard(b"packfile-uris")
    return client, path, meter


def _tcp_client(url: str, meter: Meter) -> tuple[Any, str]:
    from dulwich.client import TCPGitClient
    from dulwich.protocol import Protocol

    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or _GIT_PORT

    class Patient(TCPGitClient):
        """Waits for a server, but not for ever."""

        def _connect(self, cmd: bytes, path: Any, protocol_version: int | None = None) -> Any:
            connection = socket.create_connection((host, port), timeout=SECONDS)
            reader, writer = connection.makefile("rb"), connection.makefile("wb", 0)

            def close() -> None:
                for each in (reader, writer, connection):
                    each.close()

            protocol = Protocol(meter.metered(reader.read), writer.write, close)
            self.protocol_version = 0
            path = path if isinstance(path, bytes) else path.encode()
            protocol.send_cmd(b"git-" + cmd, path, b"host=" + host.encode("idna"))
            return protocol, lambda: False, None

    return Patient(host, port=port), unquote(parts.path)


def _web_client(url: str, headers: Mapping[str, str], meter: Meter) -> tuple[Any, str]:
    import urllib3
    from dulwich.client import HttpGitClient, default_urllib3_manager

    parts = urlsplit(url)
    bare = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))

    class Careful:
        def urlopen(self, method: str, address: str, redirect: bool = True, **options: Any) -> Any:
            check_redirect(bare, address)
            if origin_of(address) == origin_of(bare):
                options["headers"] = {**(options.get("headers") or {}), **headers}
            answer = super().urlopen(method, address, redirect=redirect, **options)  # type: ignore[misc]
            meter.closing.append(answer.close)
            return answer

    class Pools(Careful, urllib3.PoolManager):  # type: ignore[misc]
        pass

    class ProxiedPools(Careful, urllib3.ProxyManager):  # type: ignore[misc]
        pass

    class Client(HttpGitClient):
        def _http_request(self, *args: Any, **options: Any) -> Any:
            answer, read = super()._http_request(*args, **options)
            return answer, meter.metered(read)

    pools = default_urllib3_manager(None, Pools, ProxiedPools, base_url=bare, timeout=SECONDS)
    meter.closing.append(pools.clear)
    user = unquote(parts.username) if parts.username else None
    password = unquote(parts.password) if parts.password else None
    client = Client(
        urlunsplit(urlsplit(bare)._replace(path="/", query="", fragment="")), pool_manager=pools, username=user,
        password=password, timeout=SECONDS,
    )  # fmt: skip
    return client, parts.path


def origin_of(url: str) -> tuple[str, str]:
    """Return scheme and host of a URL, with the port and without a password."""
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.rpartition("@")[2].lower()


def check_redirect(url: str, address: str) -> None:
    """Raise Forbidden if a server at `url` may not send us to `address`."""
    before, after = urlsplit(url), urlsplit(address)
    if before.scheme == "https" and after.scheme != "https":
        raise Forbidden(f"{without_password(url)} leads to {without_password(address)}, which is not https")
    if is_loopback(after.hostname or "") and not is_loopback(before.hostname or ""):
        raise Forbidden(f"{without_password(url)} leads to {without_password(address)}, which is this machine")


def is_loopback(host: str) -> bool:
    """Say whether a host of a URL is this machine by its name or its address."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
