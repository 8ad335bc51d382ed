"""The server: listens, negotiates the version, hands requests to routes, and stops without cutting answers."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from functools import partial
from pathlib import Path

from aiohttp import web

from jupyter_containers.api.failures import failures
from jupyter_containers.api.front import DEFAULT_PATIENCE, Patience, Site
from jupyter_containers.api.listeners import UNPROTECTED, ListenAddress, Protection, bound_address
from jupyter_containers.api.origins import guarded
from jupyter_containers.api.quiet import Quiet
from jupyter_containers.api.routes import ROUTES
from jupyter_containers.api.routing import API_VERSION, ENGINE, INTRODUCTION, MIN_API_VERSION, VERSION, Handler
from jupyter_containers.api.tls import tls_context
from jupyter_containers.engine.engine import Engine
from jupyter_containers.errors import InvalidParameter

_log = logging.getLogger(__name__)

# How long a stop waits for answers under way before it cuts them.
GRACE_SECONDS = 3.0
BACKLOG = 1024
READ_AHEAD_BYTES = 512 * 1024


class Server:
    """An HTTP server in front of an engine. `listen` any number of times, `close` once.

    `on_quiet` is called when requests have ended and no others do (api/quiet.py).
    """

    def __init__(
        self, engine: Engine, patience: Patience = DEFAULT_PATIENCE, on_quiet: Callable[[], None] = lambda: None
    ) -> None:
        self._patience = patience
        self._quiet = Quiet(on_quiet)
        self._tasks: set[asyncio.Task[web.StreamResponse]] = set()
        self._runner = web.AppRunner(
            self._application(engine),
            access_log=None,
            handler_cancellation=True,
            shutdown_timeout=GRACE_SECONDS,
            # As much of a body waits here while the part before it is worked on in a thread.
            read_bufsize=READ_AHEAD_BYTES,
        )
        self._paths: list[Path] = []

    def _application(self, engine: Engine) -> web.Application:
        application = web.Application(middlewares=[self._quiet.middleware, _versioned, failures, guarded])
        application[ENGINE] = engine
        application.on_response_prepare.append(_introduce)
        for route in ROUTES:
            handler = route.handler if route.is_cancelled_with_client else self._finishing(route.handler)
            for path in (route.path, r"/v{api_version:\d+\.\d+}" + route.path):
                application.router.add_route(route.method, path, handler)
        return application

    def _finishing(self, handler: Handler) -> Handler:
        """Keep the work going when its client goes away."""

        async def finish(request: web.Request) -> web.StreamResponse:
            task = asyncio.ensure_future(_call(handler, request))
            self._tasks.add(task)
            task.add_done_callback(self._finished)
            return await asyncio.shield(task)

        return finish

    def _finished(self, task: asyncio.Task[web.StreamResponse]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # read here, so that asyncio does not complain of work whose client has gone

    async def listen(
        self, address: str, *, group: str | None = None, protection: Protection = UNPROTECTED
    ) -> tuple[str, ...]:
        """Serve at `unix://<path>` (mode 0600, or 0660 with a group), `tcp://<host>:<port>`, or `fd://`.

        Returns the addresses that there are now: a port 0 has become a real one. Raises InvalidParameter for an
        address that is not understood, not protected or not to be had; Conflict when another server is there. A unix
        socket that nobody answers at is a leftover, and replaced.
        """
        wanted = ListenAddress.parse(address)
        context = tls_context(protection.tls) if protection.tls and wanted.path is None else None
        if not self._runner.server:
            await self._runner.setup()
        listeners = wanted.bind(protection, group)
        if wanted.path is not None:
            self._paths.append(wanted.path)
        for listener in listeners:
            is_secured = context is not None and listener.family != socket.AF_UNIX
            await Site(
                self._runner, listener, backlog=BACKLOG, patience=self._patience,
                context=context if is_secured else None,
            ).start()  # fmt: skip
        return tuple(bound_address(listener) for listener in listeners)

    async def close(self) -> None:
        """Stop listening, wait a short while for answers under way, and take the sockets away."""
        await self._runner.cleanup()
        self._quiet.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for path in self._paths:
            path.unlink(missing_ok=True)


async def _call(handler: Handler, request: web.Request) -> web.StreamResponse:
    return await handler(request)


@web.middleware
async def _versioned(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse API versions that are not ours."""
    asked = request.match_info.get("api_version")
    if asked is not None:
        request[VERSION] = version = _version(asked)
        if version > API_VERSION or version < MIN_API_VERSION:
            handler = partial(failures, handler=_refuse_version)
    return await handler(request)


async def _introduce(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(INTRODUCTION)


def _version(text: str) -> tuple[int, int]:
    major, minor = text.split(".")
    return int(major[:4]), int(minor[:4])


async def _refuse_version(request: web.Request) -> web.StreamResponse:
    asked = "{}.{}".format(*request[VERSION])
    if request[VERSION] > API_VERSION:
        newest = "{}.{}".format(*API_VERSION)
        raise InvalidParameter(f"client version {asked} is too new. Maximum supported API version is {newest}")
    oldest = "{}.{}".format(*MIN_API_VERSION)
    raise InvalidParameter(
        f"client version {asked} is too old. Minimum supported API version is {oldest}, please upgrade your "
        "client to a newer version"
    )
