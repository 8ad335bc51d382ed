"""Where the server listens: addresses as dockerd's `-H` takes them, what TCP demands, and the bound sockets.

Who reaches the API is root on this host. A unix socket has its mode for that; TCP has TLS with client certificates, or
the word of the person who starts the daemon (`--insecure-tcp`), and then for loopback addresses alone.
"""

from __future__ import annotations

import errno
import grp
import ipaddress
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from jupyter_containers.api.tls import TlsFiles
from jupyter_containers.errors import Conflict, InvalidParameter

# As dockerd's: 2375 is spoken without TLS, 2376 with.
PLAIN_PORT, TLS_PORT = 2375, 2376
# The first descriptor that a service manager passes. Source: sd_listen_fds(3).
FIRST_FD = 3
# A TCP client that has vanished without a word is noticed after 30 + 3 * 10 seconds.
KEEPALIVE = ((socket.TCP_KEEPIDLE, 30), (socket.TCP_KEEPINTVL, 10), (socket.TCP_KEEPCNT, 3))
UNACKNOWLEDGED_MS = 120_000
_EXPECTED = "expected unix:///absolute/path, tcp://host:port or fd://"


@dataclass(frozen=True, slots=True)
class Protection:
    """What guards TCP: `tls`, or nothing at all, which `insecure` has to say."""

    tls: TlsFiles | None = None
    insecure: bool = False


UNPROTECTED = Protection()


@dataclass(frozen=True, slots=True)
class ListenAddress:
    """One `-H`: a unix path; a TCP host and port; or passed descriptors, all of them or one."""

    text: str
    path: Path | None = None
    host: str = ""
    port: int | None = None
    descriptor: int | None = None

    @classmethod
    def parse(cls, text: str) -> ListenAddress:
        """Read an address. Raises InvalidParameter naming it."""
        scheme, separator, rest = text.partition("://")
        if separator and scheme == "unix" and rest.startswith("/"):
            return cls(text, path=Path(rest))
        if separator and scheme == "tcp":
            host, port = _host_and_port(text, rest)
            return cls(text, host=host, port=port)
        if separator and scheme == "fd":
            return cls(text, descriptor=_descriptor(text, rest))
        raise InvalidParameter(f"cannot listen on {text!r}: {_EXPECTED}")

    @property
    def is_tcp(self) -> bool:
        return bool(self.host)

    def check(self, protection: Protection) -> None:
        """Raise InvalidParameter where root would be given to whoever reaches the port."""
        if not self.is_tcp or protection.tls is not None:
            return
        if not protection.insecure:
            raise InvalidParameter(
                f"cannot listen on {self.text} without TLS: whoever reaches it is root here; give --tlsverify with "
                "--tlscacert, --tlscert and --tlskey, or --insecure-tcp for a loopback address"
            )
        for _, host, _ in _resolved(self, PLAIN_PORT):
            _require_loopback(self.text, host)

    def bind(self, protection: Protection, group: str | None) -> list[socket.socket]:
        """Return bound sockets, which the caller closes.

        Raises InvalidParameter for what cannot be bound or is not protected, Conflict when another server is there.
        """
        if self.path is not None:
            return [bind_unix(self.path, group)]
        self.check(protection)
        if self.is_tcp:
            return _bind_tcp(self, TLS_PORT if protection.tls else PLAIN_PORT)
        return _inherited(self, protection)


def _host_and_port(text: str, rest: str) -> tuple[str, int | None]:
    host, port = rest, ""
    if rest.startswith("["):
        host, closed, after = rest[1:].partition("]")
        if not closed or (after and not after.startswith(":")):
            raise InvalidParameter(f"cannot listen on {text!r}: {_EXPECTED}")
        port = after[1:]
    elif ":" in rest:
        host, _, port = rest.rpartition(":")
    is_bare_ipv6 = ":" in host and not rest.startswith("[")
    if "/" in rest or is_bare_ipv6 or any(sign.isspace() for sign in rest):
        raise InvalidParameter(f"cannot listen on {text!r}: {_EXPECTED}")
    if port and not (port.isascii() and port.isdigit() and int(port[:6]) < 65536):
        raise InvalidParameter(f"cannot listen on {text!r}: {port!r} is no port; expected 0 to 65535")
    # As dockerd: no host is this host alone, never all of its addresses.
    return host or "localhost", int(port) if port else None


def _descriptor(text: str, rest: str) -> int | None:
    if rest in ("", "*"):
        return None
    if not (rest.isascii() and rest.isdigit() and int(rest[:6]) >= FIRST_FD):
        raise InvalidParameter(f"cannot listen on {text!r}: expected fd:// or fd://N with N from {FIRST_FD}")
    return int(rest[:6])


def _resolved(address: ListenAddress, default_port: int) -> list[tuple[socket.AddressFamily, str, int]]:
    """Return family, address and port for each address that the host has."""
    port = default_port if address.port is None else address.port
    try:
        found = socket.getaddrinfo(address.host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InvalidParameter(f"cannot listen on {address.text}: no address of {address.host!r}: {reason}") from error
    return [(family, str(place[0]), port) for family, _, _, _, place in found]


def _require_loopback(text: str, host: str) -> None:
    if not ipaddress.ip_address(host.partition("%")[0]).is_loopback:
        raise InvalidParameter(
            f"cannot listen on {text} without TLS: --insecure-tcp is for loopback addresses, and {host} is none; "
            "use 127.0.0.1, or --tlsverify"
        )


def _bind_tcp(address: ListenAddress, default_port: int) -> list[socket.socket]:
    """Bind each address of the host's name, all to one port."""
    listeners: list[socket.socket] = []
    try:
        for family, host, port in _resolved(address, default_port):
            # Any free port is chosen once.
            chosen = listeners[0].getsockname()[1] if listeners and port == 0 else port
            listener = _bound(address, family, (host, chosen))
            if listener is not None:
                listeners.append(listener)
        if not listeners:
            raise InvalidParameter(f"cannot listen on {address.text}: {os.strerror(errno.EADDRNOTAVAIL)}")
    except BaseException:
        for listener in listeners:
            listener.close()
        raise
    return listeners


def _bound(address: ListenAddress, family: socket.AddressFamily, place: tuple[str, int]) -> socket.socket | None:
    """Return a bound socket, None for an address that this host has a name for but not (::1 without IPv6)."""
    try:
        listener = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        if error.errno == errno.EAFNOSUPPORT:
            return None
        raise
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        _notice_the_vanished(listener)
        listener.bind(place)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRNOTAVAIL:
            return None
        _cannot_bind(address.text, error, place[1])
    return listener


def _cannot_bind(text: str, error: OSError, port: int) -> NoReturn:
    if error.errno == errno.EADDRINUSE:
        raise Conflict(f"cannot listen on {text}: port {port} is in use; choose another port") from error
    raise InvalidParameter(f"cannot listen on {text}: {error.strerror}") from error


def _notice_the_vanished(listener: socket.socket) -> None:
    """Accepted sockets inherit these."""
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in KEEPALIVE:
        listener.setsockopt(socket.IPPROTO_TCP, option, value)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNACKNOWLEDGED_MS)


def passed_descriptors(environment: Mapping[str, str], pid: int) -> list[int]:
    """Return the descriptors that a service manager passed to this very process. Source: sd_listen_fds(3)."""
    count = environment.get("LISTEN_FDS", "")
    if environment.get("LISTEN_PID") != str(pid) or not count.isdigit():
        return []
    return list(range(FIRST_FD, FIRST_FD + int(count)))


def _inherited(address: ListenAddress, protection: Protection) -> list[socket.socket]:
    passed = passed_descriptors(os.environ, os.getpid())
    wanted = passed if address.descriptor is None else [address.descriptor]
    if not passed or not set(wanted) <= set(passed):
        raise InvalidParameter(
            f"cannot listen on {address.text}: "
            + (f"descriptors {passed[0]} to {passed[-1]} were passed" if passed else "no sockets were passed")
            + "; fd:// is for a daemon started by a socket unit of systemd, use unix:// otherwise"
        )
    listeners: list[socket.socket] = []
    try:
        for descriptor in wanted:
            listeners.append(_adopted(address, descriptor, protection))
    except BaseException:
        for listener in listeners:
            listener.detach()
        raise
    return listeners


def _adopted(address: ListenAddress, descriptor: int, protection: Protection) -> socket.socket:
    try:
        os.set_inheritable(descriptor, False)
        listener = socket.socket(fileno=descriptor)
    except OSError as error:
        raise InvalidParameter(f"cannot listen on descriptor {descriptor}: {error.strerror}") from error
    try:
        if listener.family != socket.AF_UNIX:
            host = listener.getsockname()[0]
            ListenAddress(f"{address.text} ({host})", host=host).check(protection)
            _notice_the_vanished(listener)
    except BaseException:
        listener.detach()
        raise
    return listener


def bound_address(listener: socket.socket) -> str:
    """Return where a socket listens, as a client's `-H` takes it."""
    name = listener.getsockname()
    if listener.family == socket.AF_UNIX:
        return f"unix://{os.fsdecode(name)}"
    host = f"[{name[0]}]" if listener.family == socket.AF_INET6 else name[0]
    return f"tcp://{host}:{name[1]}"


def bind_unix(path: Path, group: str | None) -> socket.socket:
    """Return a bound unix socket that was at no moment open to others. The caller closes it."""
    if len(os.fsencode(path)) > 107:
        raise InvalidParameter(f"socket path is too long ({len(os.fsencode(path))} of 107 bytes): {path}")
    group_id = _group_id(group) if group is not None else None
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    old_umask = os.umask(0o022)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_leftover(path)
        os.umask(0o177)
        listener.bind(os.fspath(path))
        if group_id is not None:
            os.chown(path, -1, group_id)
            path.chmod(0o660)
    except OSError as error:
        listener.close()
        raise InvalidParameter(f"cannot listen on {path}: {error.strerror}") from error
    except BaseException:
        listener.close()
        raise
    finally:
        os.umask(old_umask)
    return listener


def _group_id(group: str) -> int:
    try:
        return int(group) if group.isdigit() else grp.getgrnam(group).gr_gid
    except KeyError:
        raise InvalidParameter(
            f"no group {group!r} on this host for the socket; create it or leave --group out"
        ) from None


def _remove_leftover(path: Path) -> None:
    if not path.is_socket():
        if path.exists():
            raise Conflict(f"cannot listen on {path}: there is something that is not a socket")
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        answer = probe.connect_ex(os.fspath(path))
    if answer != errno.ECONNREFUSED:
        raise Conflict(f"cannot listen on {path}: another server answers there")
    path.unlink()
