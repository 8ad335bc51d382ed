"""The server: listens, negotiates the version, hands requests to routes, and stops without cutting answers.

Unix sockets only; TCP needs TLS with client certificates first, so it is refused with a sentence until that is there.
"""

from __future__ import annotations

import asyncio
import errno
import grp
import logging
import os
import socket
from functools import partial
from pathlib import Path

from aiohttp import web

from jupyter_containers.api.failures import failures
from jupyter_containers.api.hijack import HijackSite
from jupyter_containers.api.routes import ROUTES
from jupyter_containers.api.routing import API_VERSION, ENGINE, MIN_API_VERSION, VERSION, Handler
from jupyter_containers.engine.engine import Engine
from jupyter_containers.errors import Conflict, InvalidParameter, Unsupported
from jupyter_containers.version import __version__

_log = logging.getLogger(__name__)

# How long a stop waits for answers under way before it cuts them.
GRACE_SECONDS = 3.0
BACKLOG = 1024


class Server:
    """An HTTP server in front of an engine. `listen` any number of times, `close` once."""

    def __init__(self, engine: Engine) -> None:
        self._tasks: set[asyncio.Task[web.StreamResponse]] = set()
        self._runner = web.AppRunner(
            self._application(engine), access_log=None, handler_cancellation=True, shutdown_timeout=GRACE_SECONDS
        )
        self._paths: list[Path] = []

    def _application(self, engine: Engine) -> web.Application:
        application = web.Application(middlewares=[_versioned, failures])
        application[ENGINE] = engine
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

    async def listen(self, address: str, *, group: str | None = None) -> None:
        """Serve at `unix://<path>`: mode 0600, or 0660 with a group.

        Raises InvalidParameter for an address that is not understood, Unsupported for TCP, Conflict when another
        server answers there. A socket that nobody answers at is a leftover, and replaced.
        """
        scheme, separator, rest = address.partition("://")
        if scheme == "tcp":
            raise Unsupported(
                f"cannot listen on {address}: TCP needs TLS, which is not supported yet; use unix://<path>"
            )
        if scheme != "unix" or not separator or not rest.startswith("/"):
            raise InvalidParameter(f"cannot listen on {address!r}: expected unix:///absolute/path")
        if not self._runner.server:
            await self._runner.setup()
        listener = bind_unix(Path(rest), group)
        self._paths.append(Path(rest))
        await HijackSite(self._runner, listener, backlog=BACKLOG).start()

    async def close(self) -> None:
        """Stop listening, wait a short while for answers under way, and take the sockets away."""
        await self._runner.cleanup()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for path in self._paths:
            path.unlink(missing_ok=True)


async def _call(handler: Handler, request: web.Request) -> web.StreamResponse:
    return await handler(request)


def bind_unix(path: Path, group: str | None) -> socket.socket:
    """Return a bound unix socket that was at no moment open to others. The caller closes it."""
    if len(os.fsencode(path)) > 107:
        raise InvalidParameter(f"socket path is too long ({len(os.fsencode(path))} of 107 bytes): {path}")
    group_id = _group_id(group) if group is not None else None
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_leftover(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    old_umask = os.umask(0o177)
    try:
        listener.bind(os.fspath(path))
        if group_id is not None:
            os.chown(path, -1, group_id)
            path.chmod(0o660)
    except OSError as error:
        listener.close()
        raise InvalidParameter(f"cannot listen on {path}: {error.strerror}") from error
    finally:
        os.umask(old_umask)
    return listener


def _group_id(group: str) -> int:
    try:
        return int(group) if group.isdigit() else grp.getgrnam(group).gr_gid
    except KeyError:
        raise InvalidParameter(
            f"no group {group!r} on this host for the socket; create it or leave --group out"
        ) from None


def _remove_leftover(path: Path) -> None:
    if not path.is_socket():
        if path.exists():
            raise Conflict(f"cannot listen on {path}: there is something that is not a socket")
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        answer = probe.connect_ex(os.fspath(path))
    if answer != errno.ECONNREFUSED:
        raise Conflict(f"cannot listen on {path}: another server answers there")
    path.unlink()


@web.middleware
async def _versioned(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse API versions that are not ours, and say on every answer who speaks: clients choose a version by it."""
    asked = request.match_info.get("api_version")
    if asked is not None:
        request[VERSION] = version = _version(asked)
        if version > API_VERSION or version < MIN_API_VERSION:
            handler = partial(failures, handler=_refuse_version)
    response: web.StreamResponse = await handler(request)
    if not response.prepared:
        response.headers["Api-Version"] = "{}.{}".format(*API_VERSION)
        response.headers["Ostype"] = "linux"
        response.headers["Server"] = f"jupyter-containers/{__version__} (linux)"
    return response


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
