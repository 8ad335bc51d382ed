"""Keys of ssh servers that are trusted, from the text of OpenSSH's files of known hosts.

Only what is asked for is looked up, by the name that was asked for: an entry for the address that a name happens to
have says nothing about the name. Markers count: `@cert-authority`, `@revoked`. Lines that cannot be read are passed
over, as OpenSSH does. Source: sshd(8), SSH_KNOWN_HOSTS FILE FORMAT.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jupyter_containers.repositories.addresses import SHELL_PORT, ShellAddress


@dataclass(frozen=True, slots=True)
class Trusted:
    """asyncssh's lists for a server; `is_known`: there is something that may prove it."""

    lists: tuple[Any, ...]
    is_known: bool


def trusted(text: bytes, server: ShellAddress) -> Trusted:
    """Return what proves a server. Needs asyncssh."""
    from asyncssh.known_hosts import SSHKnownHosts

    found = SSHKnownHosts()
    for line in text.decode("utf-8", "replace").splitlines():
        try:
            found.load(line)
        except ValueError:
            continue
    # OpenSSH writes names in lower case, and looks for them so.
    lists = found.match(server.host.lower(), "", server.port if server.port != SHELL_PORT else None)
    # The last four lists are of X.509 certificates, which are not used.
    return Trusted((*lists[:3], (), (), (), ()), bool(lists[0] or lists[1]))
