"""How often one address may ask: a minute's requests at once, and then as many as the time that goes by allows."""

from __future__ import annotations

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable

from jupyter_containers.registry.server.refusals import Refusal

_SECONDS = 60
# Who has thousands of addresses must not fill the memory; the one that has been silent longest is forgotten.
_MOST_ADDRESSES = 10_000
# A customer of an IPv6 provider has as many addresses as are in one of these.
_IPV6_PREFIX = 64


class Pace:
    """`limit`: requests a minute from one address. Used from one event loop; `clock` tells seconds."""

    def __init__(self, limit: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit, self._clock = limit, clock
        # What each may still ask, and since when it may.
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, address: str) -> None:
        """Count a request. Raises Refusal when it is too early for it; then it does not count."""
        key, now = _network(address), self._clock()
        left, since = self._left.pop(key, (float(self._limit), now))
        left = min(self._limit, left + (now - since) * self._limit / _SECONDS)
        is_allowed = left >= 1
        self._left[key] = (left - 1 if is_allowed else left, now)
        if len(self._left) > _MOST_ADDRESSES:
            self._left.popitem(last=False)
        if not is_allowed:
            seconds = math.ceil((1 - left) * _SECONDS / self._limit)
            raise Refusal(
                429,
                "TOOMANYREQUESTS",
                f"more than {self._limit} requests a minute from {key}; ask again in {seconds} s",
                {"Retry-After": str(seconds)},
            )


def _network(address: str) -> str:
    """Return what is counted together: an IPv4 address, or the network of an IPv6 one."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    if known.version == 4:
        return str(known)
    if known.ipv4_mapped is not None:
        return str(known.ipv4_mapped)
    return str(ipaddress.ip_network((int(known), _IPV6_PREFIX), strict=False))
