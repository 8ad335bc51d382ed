"""Clients of git servers: dulwich's, with the daemon's rules about redirects, time and how much a server may say.

dulwich is imported when a repository is first asked for: most daemons never are.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit, urlunsplit

from jupyter_containers.errors import Forbidden, InvalidParameter, Unsupported
from jupyter_containers.linux.own_addresses import is_own
from jupyter_containers.repositories.addresses import is_shell, shell_address, without_password

if TYPE_CHECKING:
    from jupyter_containers.repositories.access import Access

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


def client_for(url: str, access: Access, check: Callable[[int], None]) -> tuple[Any, str, Meter]:
    """Return a client, the path to ask it for, and its meter. The headers of `access` go to the URL's own host only.

    `check` is called while ssh waits, and stops it by raising. Raises Unsupported for other protocols, and for ssh
    where its library is missing.
    """
    scheme = "ssh" if is_shell(url) else urlsplit(url).scheme
    meter = Meter()
    if scheme == "git":
        client, path = _tcp_client(url, meter)
    elif scheme in ("http", "https"):
        client, path = _web_client(url, access.headers, meter)
    elif scheme == "ssh":
        client, path = _shell_client(url, access, meter, check)
    else:
        raise Unsupported(
            f"{without_password(url)}: a repository is fetched by https, http, git or ssh here, not by {scheme}; use "
            "its https address, with a token in --secret id=GIT_AUTH_TOKEN where it is private"
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


def _shell_client(url: str, access: Access, meter: Meter, check: Callable[[int], None]) -> tuple[Any, str]:
    from dulwich.client import TraditionalGitClient
    from dulwich.protocol import Protocol

    try:
        from jupyter_containers.repositories.secure_shell import Shell
    except ImportError:
        raise Unsupported(
            f"{without_password(url)}: git over ssh needs the Python package asyncssh; install it where the daemon is, "
            "with pip install 'jupyter-containers[ssh]'"
        ) from None
    server = shell_address(url)

    class Client(TraditionalGitClient):
        def _connect(self, cmd: bytes, path: Any, protocol_version: int | None = None) -> Any:
            meter.close()
            shell = Shell(server, f"git-{cmd.decode()} {quoted(server.path)}", access, lambda: check(0))
            protocol = Protocol(meter.metered(shell.read), shell.write, shell.close)
            meter.closing.append(protocol.close)
            self.protocol_version = 0
            return protocol, lambda: False, shell

    return Client(), server.path


def quoted(path: str) -> str:
    """Return a path for the shell of a server, in the quotes that git-shell(1) insists on."""
    return "'" + path.replace("'", "'\\''").replace("!", "'\\!'") + "'"


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
    if is_own(after.hostname or "") and not is_own(before.hostname or ""):
        raise Forbidden(f"{without_password(url)} leads to {without_password(address)}, which is this machine")


def is_loopback(host: str) -> bool:
    """Say whether a host of a URL is this machine by its name or its address."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
