"""Listening: an application at an address, from its settings, until it is told to end."""

from __future__ import annotations

import logging

from aiohttp import web

from jupyter_containers.errors import Unavailable
from jupyter_containers.registry.server.settings import Settings

_log = logging.getLogger(__name__)

# How often what has expired is looked for; at most, when it expires sooner.
SWEEP_SECONDS = 600.0
# How long requests that are under way may take to end; their uploads can be resumed.
END_SECONDS = 5.0
# Who asked, for what, the answer's status and its bytes, and how many seconds it took.
_ACCESS_FORMAT = '%a "%r" %s %b %Tf'


class Serving:
    """One application that listens. `begin` once, `end` at the end whatever happened."""

    def __init__(self, application: web.Application, *, logs_access: bool = False) -> None:
        # Bodies are what their digests say, whatever a Content-Encoding says of them.
        self._runner = web.AppRunner(
            application, access_log=_log if logs_access else None, access_log_format=_ACCESS_FORMAT,
            auto_decompress=False, shutdown_timeout=END_SECONDS,
        )  # fmt: skip

    async def begin(self, told: Settings) -> str:
        """Listen, and return the URL: a port 0 has become a real one. Raises Unavailable, InvalidParameter."""
        tls = told.tls()
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, told.host, told.port, ssl_context=tls).start()
        except OSError as error:
            raise Unavailable(f"cannot listen on {told.host}:{told.port}: {error.strerror or error}") from error
        host = f"[{told.host}]" if ":" in told.host else told.host
        return f"{'https' if tls else 'http'}://{host}:{self._runner.addresses[0][1]}"

    async def end(self) -> None:
        """Stop listening, and give answers under way a short while."""
        await self._runner.cleanup()
