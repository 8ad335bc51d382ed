"""What a fetch may show to servers of repositories, and to which of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from jupyter_containers.repositories.addresses import is_shell, shell_address
from jupyter_containers.repositories.connections import is_loopback, origin_of

_ELSEWHERE = "none is used for a submodule of another host's; leave them out (?submodules=0), and ADD it by itself"


@dataclass(frozen=True, slots=True)
class Access:
    """`headers` are for the repository's own host. `agent` is the socket of an ssh agent, None: there is none.

    `known_hosts` are the keys of servers that are trusted, as in OpenSSH's files.
    """

    headers: Mapping[str, str] = field(default_factory=dict, repr=False, hash=False)
    agent: Path | None = None
    known_hosts: bytes = field(default=b"", repr=False)
    # Why an agent is not used, although there is one.
    withheld: str = ""

    def for_submodule(self, url: str, address: str) -> Access:
        """Return what a repository at `address` gets that the one at `url` names as a part of itself.

        A stranger's list of submodules must not lead credentials anywhere: headers stay with the origin, the agent
        with the host, and with what nobody on the way can have changed.
        """
        if is_shell(address):
            if self.agent is None or (_is_trusty(url) and _host(url) == _host(address)):
                return replace(self, headers={})
            return replace(self, headers={}, agent=None, withheld=_ELSEWHERE)
        own = not is_shell(url) and origin_of(address) == origin_of(url)
        return self if own else replace(self, headers={})


def _is_trusty(url: str) -> bool:
    scheme = "ssh" if is_shell(url) else urlsplit(url).scheme
    return scheme in ("ssh", "https") or is_loopback(_host(url))


def _host(url: str) -> str:
    host = shell_address(url).host if is_shell(url) else urlsplit(url).hostname or ""
    return host.lower()
