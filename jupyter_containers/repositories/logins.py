"""What a build has for private repositories: an ssh agent, and tokens among its secrets, by BuildKit's names for them.

`GIT_AUTH_TOKEN` is a token, `GIT_AUTH_HEADER` a whole Authorization header; with `.HOST` behind the name they are for
that host only. They go nowhere without TLS, but to this machine. Source: the Docker documentation, Build secrets, Git
authentication for remote contexts.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.repositories.access import Access
from jupyter_containers.repositories.connections import is_loopback

TOKEN, HEADER = "GIT_AUTH_TOKEN", "GIT_AUTH_HEADER"
# The id of the agent that logs in for git, as in BuildKit.
AGENT = "default"
_USER = b"x-access-token"


@dataclass(frozen=True, slots=True)
class Logins:
    """`agent` is the socket of an ssh agent. `known_hosts` are keys of ssh servers, as in OpenSSH's files."""

    secrets: Mapping[str, bytes] = field(default_factory=dict, repr=False, hash=False)
    agent: Path | None = None
    known_hosts: bytes = field(default=b"", repr=False)

    def access(self, url: str) -> Access:
        """Return what there is for the repository at `url`. Raises InvalidParameter, without a secret in it."""
        return Access(headers_for(url, self.secrets), self.agent, self.known_hosts)


def headers_for(url: str, secrets: Mapping[str, bytes]) -> dict[str, str]:
    """Return the headers for a repository. Raises InvalidParameter for a secret that is no header, without it."""
    parts = urlsplit(url) if "://" in url else None
    host = (parts.hostname or "") if parts else ""
    if parts is None or parts.scheme not in ("http", "https") or (parts.scheme == "http" and not is_loopback(host)):
        return {}
    for name in (f"{HEADER}.{host}", f"{TOKEN}.{host}", HEADER, TOKEN):
        if name in secrets:
            return {"Authorization": _header(name, secrets[name].strip())}
    return {}


def _header(name: str, secret: bytes) -> str:
    if name.startswith(TOKEN):
        return f"Basic {base64.b64encode(_USER + b':' + secret).decode()}"
    try:
        text = secret.decode("ascii")
    except UnicodeDecodeError:
        text = "\n"
    if not text.isprintable():
        raise InvalidParameter(f"secret {name} is no header: it must be one line of ASCII")
    return text
