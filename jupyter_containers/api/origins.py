"""Who a browser may speak for: what a web page could send to a TCP port is refused (DNS rebinding, CSRF).

Only on TCP: no page reaches a unix socket, and Docker's clients put anything as Host there. With TLS the certificate
ties the name to us, so that only the page's origin is looked at; without it the Host must be a name of this host too.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from aiohttp import web

from jupyter_containers.api.routing import Handler
from jupyter_containers.errors import Forbidden, InvalidParameter

_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


@web.middleware
async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse requests that a web page has made, and paths that are none."""
    path = request.raw_path
    if "%" in path and _BAD_ESCAPE.search(path.partition("?")[0]):
        raise InvalidParameter(f"invalid URL escape in {path[:100]!r}")
    transport = request.transport
    # A unix socket's peer has no address.
    if transport is not None and isinstance(transport.get_extra_info("peername"), tuple):
        _check_page(request, is_secured=transport.get_extra_info("sslcontext") is not None)
    return await handler(request)


def _check_page(request: web.Request, *, is_secured: bool) -> None:
    host, origin = request.headers.get("Host", ""), request.headers.get("Origin")
    if not is_secured and not is_local(host):
        raise Forbidden(
            f"the host {host!r} is not a name of this machine's loopback; use localhost or 127.0.0.1 (this check keeps "
            "web pages out)"
        )
    site = request.headers.get("Sec-Fetch-Site", "none")
    if site not in ("none", "same-origin") or (origin is not None and _host_of(origin) != host):
        raise Forbidden(f"requests of web pages are not answered (origin {origin or site!r})")


def _host_of(origin: str) -> str:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""


def is_local(host: str) -> bool:
    """Tell whether a Host header names this host's loopback, with any port."""
    name = host.rpartition(":")[0] if re.search(r":\d+$", host) else host
    if name.lower().rstrip(".") == "localhost" or not name:
        return True
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False
