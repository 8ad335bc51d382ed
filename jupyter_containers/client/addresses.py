"""Where a daemon listens: an address as users write it in DOCKER_HOST, and which one the environment names.

The order is the docker CLI's: DOCKER_HOST, then DOCKER_CONTEXT, then the current context of a DOCKER_CONFIG that is
set. The current context of the usual configuration folder is not asked: it is another program's choice, and our own
daemon is the usual one here.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from jupyter_containers.client import contexts
from jupyter_containers.errors import InvalidParameter, Unsupported

PLAIN_PORT, TLS_PORT = 2375, 2376
_EXPECTED = "expected unix:///path/to/socket, tcp://host:port or ssh://user@host"
_ELSEWHERE = ("npipe", "fd")


@dataclass(frozen=True, slots=True)
class Tls:
    """How to speak TLS: a folder with ca.pem, cert.pem and key.pem, each if there; must the server prove itself."""

    folder: Path
    verify: bool = True


@dataclass(frozen=True, slots=True)
class Address:
    """A unix socket's `path`; or `host` and `port`, with `tls` or without; or an `ssh` destination, `user@host:port`.

    With `ssh` the path, when there is one, is that of the socket over there.
    """

    path: Path | None = None
    host: str = ""
    port: int = 0
    tls: Tls | None = None
    ssh: str = ""

    @classmethod
    def parse(cls, text: str, tls: Tls | None = None) -> Address:
        """Read an address; `tls` is for those that could be spoken to without.

        Raises InvalidParameter, and Unsupported for addresses of kinds that do not exist here.
        """
        scheme, separator, rest = text.strip().partition("://")
        if separator and scheme in _ELSEWHERE:
            raise Unsupported(f"cannot reach a daemon at {text}: {_EXPECTED}")
        if separator and scheme == "unix" and rest.startswith("/"):
            return cls(Path(rest))
        if separator and scheme in ("tcp", "http", "https"):
            return _over_tcp(text, scheme, rest, tls)
        if separator and scheme == "ssh":
            return _over_ssh(text, rest)
        raise InvalidParameter(f"not an address of a daemon: {text!r}; {_EXPECTED}")

    @property
    def authority(self) -> str:
        """What a request names as its Host."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}" if host else "localhost"

    def __str__(self) -> str:
        if self.ssh:
            return f"ssh://{self.ssh}{self.path or ''}"
        return f"unix://{self.path}" if self.path is not None else f"tcp://{self.authority}"


def _split(text: str, rest: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(f"//{rest}")
        port = parts.port
    except ValueError as error:
        raise InvalidParameter(f"not an address of a daemon: {text!r}: {error}") from None
    if not parts.hostname or parts.query or parts.fragment or any(sign.isspace() for sign in rest):
        raise InvalidParameter(f"not an address of a daemon: {text!r}; {_EXPECTED}")
    return parts, port


def _over_tcp(text: str, scheme: str, rest: str, tls: Tls | None) -> Address:
    parts, port = _split(text, rest)
    if parts.username or parts.path not in ("", "/"):
        raise InvalidParameter(f"not an address of a daemon: {text!r}; expected tcp://host:port and nothing more")
    if scheme == "https" and tls is None:
        tls = Tls(contexts.certificates_folder())
    return Address(host=str(parts.hostname), port=port or (TLS_PORT if tls else PLAIN_PORT), tls=tls)


def _over_ssh(text: str, rest: str) -> Address:
    parts, port = _split(text, rest)
    if parts.password is not None:
        raise InvalidParameter("not an address of a daemon: ssh://user:…@…; leave the password out, ssh asks for it")
    # What begins with a dash would be an option of ssh's.
    if not re.fullmatch(r"(\w[^@\s]*@)?[\w\[][^@\s/]*", parts.netloc):
        raise InvalidParameter(f"not an address of a daemon: {text!r}; expected ssh://user@host")
    return Address(Path(parts.path) if parts.path not in ("", "/") else None, port=port or 0, ssh=parts.netloc)


def find(text: str) -> Address | None:
    """Return the address that `text` is, or that a context of this name has; None for the context `default`.

    Raises what Address.parse raises, and NotFound for a context that is not there.
    """
    if "://" in text or "/" in text or not text:
        return Address.parse(text, _tls_of_environment())
    if text == contexts.DEFAULT:
        return None
    endpoint = contexts.load(text)
    address = Address.parse(endpoint.host)
    if address.host and (endpoint.folder or endpoint.skips_verification or address.tls):
        tls = Tls(endpoint.folder or contexts.certificates_folder(), verify=not endpoint.skips_verification)
        return Address.parse(endpoint.host, tls)
    return address


def from_environment() -> Address | None:
    """Return the address that the environment names, None when that is our own daemon. Raises what `find` raises."""
    text = os.environ.get("DOCKER_HOST", "")
    if text:
        return Address.parse(text, _tls_of_environment())
    name = os.environ.get("DOCKER_CONTEXT", "")
    if not name and os.environ.get("DOCKER_CONFIG"):
        name = contexts.current()
    return find(name) if name else None


def _tls_of_environment() -> Tls | None:
    return Tls(contexts.certificates_folder()) if os.environ.get("DOCKER_TLS_VERIFY") else None
