"""Requests that ask for a record of the calls to the kernel that are made for them, by a header of our own."""

from __future__ import annotations

import re

from aiohttp import web

from jupyter_containers.api.routing import Handler, engine_of
from jupyter_containers.errors import InvalidParameter

# Its value is a word of the client's choice, by which it asks for the records afterwards.
HEADER = "Jupyter-Containers-Trace"
_TOKEN = re.compile(r"[0-9a-f]{16,64}")


def recorded(handler: Handler) -> Handler:
    """Return a handler that records what it starts, when the request asks for it."""

    async def handle(request: web.Request) -> web.StreamResponse:
        token = request.headers.get(HEADER)
        if token is None:
            return await handler(request)
        if not _TOKEN.fullmatch(token):
            raise InvalidParameter(f"{HEADER} must be 16 to 64 hexadecimal digits, not {token[:80]!r}")
        with engine_of(request).traces.collecting(token):
            return await handler(request)

    return handle
