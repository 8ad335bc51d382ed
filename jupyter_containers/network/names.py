"""The texts of /etc/hosts, /etc/resolv.conf and /etc/hostname inside a container. Pure but for `host_resolv_conf`."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from pathlib import Path

_HOSTS_HEAD = """127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::0\tip6-localnet
ff00::0\tip6-mcastprefix
ff02::1\tip6-allnodes
ff02::2\tip6-allrouters
"""

# Where the name server of a user-defined network answers, inside of each container.
NAME_SERVER = "127.0.0.11"

_RESOLVED = Path("/run/systemd/resolve/resolv.conf")


def hostname_text(hostname: str) -> str:
    """Return /etc/hostname."""
    return f"{hostname}\n"


def hosts(hostname: str, *, domainname: str = "", addresses: Sequence[str] = (), extra: Sequence[str] = ()) -> str:
    """Return /etc/hosts: loopback, `extra` ("name:address"), then the container's own `addresses` with its names.

    In `extra` the address begins after the first colon, so that IPv6 works.
    """
    lines = []
    for entry in extra:
        name, _, address = entry.partition(":")
        lines.append(f"{address.strip('[]')}\t{name}\n")
    full_name = f"{hostname}.{domainname}" if domainname else hostname
    short_name, dot, _ = full_name.partition(".")
    names = f"{full_name} {short_name}" if dot else full_name
    lines += [f"{address}\t{names}\n" for address in addresses]
    return _HOSTS_HEAD + "".join(lines)


def resolv_conf(
    host_text: str,
    *,
    servers: Sequence[str] = (),
    search: Sequence[str] = (),
    options: Sequence[str] = (),
    keep_loopback: bool = False,
) -> str:
    """Return /etc/resolv.conf for a container, from the host's and what the user asked for.

    What the user gives replaces the host's of that kind; a search domain "." means none at all. Resolvers on the host's
    loopback are left out unless `keep_loopback` (host network): the container's loopback is another one. If none is
    left, the host's text is kept as it is, with a comment: a public resolver is never chosen in silence.
    """
    asked = bool(servers or search or options)
    host_servers = [server for server in _values(host_text, "nameserver") if keep_loopback or not is_loopback(server)]
    if keep_loopback and not asked:
        return host_text
    if not servers and not host_servers and not asked:
        return "# the host has no resolver that a container could reach; choose one with --dns\n" + host_text
    chosen_search = list(search) or _last(host_text, "search") or _last(host_text, "domain")
    chosen_options = list(options) or [word for line in _lines(host_text, "options") for word in line]
    lines = [f"nameserver {server}" for server in (servers or host_servers)]
    if chosen_search and chosen_search != ["."]:
        lines.append("search " + " ".join(chosen_search))
    if chosen_options:
        lines.append("options " + " ".join(chosen_options))
    return "".join(f"{line}\n" for line in lines)


def name_server_conf(host_text: str, *, search: Sequence[str] = (), options: Sequence[str] = ()) -> str:
    """Return /etc/resolv.conf for a container on a user-defined network: it asks the name server beside it.

    Search domains and options are those of `resolv_conf`. A name without a dot is a container's before it is anything
    else: `ndots:0`, unless somebody says otherwise.
    """
    chosen_search = list(search) or _last(host_text, "search") or _last(host_text, "domain")
    chosen_options = list(options) or [word for line in _lines(host_text, "options") for word in line]
    if not any(option.startswith("ndots:") for option in chosen_options):
        chosen_options.append("ndots:0")
    lines = [f"nameserver {NAME_SERVER}"]
    if chosen_search and chosen_search != ["."]:
        lines.append("search " + " ".join(chosen_search))
    return "".join(f"{line}\n" for line in [*lines, "options " + " ".join(chosen_options)])


def expects_search(host_text: str, options: Sequence[str] = ()) -> bool:
    """Tell whether names without a dot wait for their search domain: somebody has set ndots above 0."""
    chosen = list(options) or [word for line in _lines(host_text, "options") for word in line]
    numbers = [option.removeprefix("ndots:") for option in chosen if option.startswith("ndots:")]
    return any(number.isascii() and number.isdigit() and int(number) > 0 for number in numbers)


def host_resolv_conf(etc: Path = Path("/etc/resolv.conf"), resolved: Path = _RESOLVED) -> str:
    """Return the host's resolver configuration; that of the uplinks when systemd-resolved stands before them.

    Empty when the host has none. Raises OSError when it is there and cannot be read.
    """
    text = etc.read_text(errors="replace") if etc.exists() else ""
    servers = _values(text, "nameserver")
    if servers and all(server == "127.0.0.53" for server in servers) and resolved.exists():
        return resolved.read_text(errors="replace")
    return text


def nameservers(text: str) -> list[str]:
    """Return the resolvers that a resolv.conf names."""
    return _values(text, "nameserver")


def is_loopback(server: str) -> bool:
    """Tell whether a resolver lives on the host's loopback. A scope ("fe80::1%eth0") does not matter here."""
    try:
        return ipaddress.ip_address(server.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _lines(text: str, keyword: str) -> list[list[str]]:
    split = [line.split() for line in text.splitlines()]
    return [words[1:] for words in split if words and words[0] == keyword]


def _values(text: str, keyword: str) -> list[str]:
    return [words[0] for words in _lines(text, keyword) if words]


def _last(text: str, keyword: str) -> list[str]:
    # The last instance wins. Source: resolv.conf(5).
    lines = _lines(text, keyword)
    return lines[-1] if lines else []
