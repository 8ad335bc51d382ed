"""Names that this machine's own file of hosts leads to its loopback: as good as `localhost`.

dockerd asks its resolver, and so trusts whoever answers for a name; the file is this machine's alone, and is what
connections to such a name go by, too. Source: hosts(5).
"""

from __future__ import annotations

import ipaddress
from pathlib import Path

PLACE = Path("/etc/hosts")
_MAX_BYTES = 1 << 20


def is_led_to_loopback(name: str) -> bool:
    """Say whether the file of hosts has a name, and loopback addresses only for it."""
    try:
        with PLACE.open("rb") as file:
            text = file.read(_MAX_BYTES).decode("utf-8", "replace")
    except OSError:
        return False
    found = addresses_of(name, text)
    return bool(found) and all(address.is_loopback for address in found)


def addresses_of(name: str, text: str) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    """Return the addresses of a name in the text of a file of hosts. Lines that cannot be read are passed over."""
    found = []
    for line in text.splitlines():
        address, *names = line.partition("#")[0].split() or [""]
        if name.lower() in map(str.lower, names):
            try:
                found.append(ipaddress.ip_address(address))
            except ValueError:
                continue
    return found
