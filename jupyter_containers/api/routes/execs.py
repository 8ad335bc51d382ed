"""/containers/{name}/exec and /exec: more processes in running containers."""

from __future__ import annotations

from aiohttp import web

from jupyter_containers.api.hijack import Connection, Hijacked, relay, take_over
from jupyter_containers.api.naming import container_of, size_of
from jupyter_containers.api.routing import Route, engine_of, json_answer, json_body, version_of
from jupyter_containers.api.streams import (
    DEFAULT_DETACH_KEYS,
    STDOUT,
    DetachKeys,
    frame,
    parse_detach_keys,
    stream_type,
)
from jupyter_containers.api.tracing import recorded
from jupyter_containers.api.wire import fields
from jupyter_containers.api.wire.execs import exec_json, exec_settings_from_wire
from jupyter_containers.engine.processes import Exec, Execs
from jupyter_containers.errors import ContainersError


async def create(request: web.Request) -> web.Response:
    settings = exec_settings_from_wire(await json_body(request))
    parse_detach_keys(settings.detach_keys)
    exec_ = engine_of(request).execs.create(container_of(request), settings)
    return json_answer({"Id": exec_.id}, status=201)


def _exec_of(request: web.Request) -> Exec:
    return engine_of(request).execs.get(request.match_info["id"])


async def start(request: web.Request) -> web.StreamResponse:
    body = await json_body(request)
    execs, exec_ = engine_of(request).execs, _exec_of(request)
    console_size = fields.pair(body, "ConsoleSize")
    execs.check_start(exec_)
    if fields.flag(body, "Detach"):
        await execs.start(exec_, detached=True, console_size=console_size)
        return web.Response()
    # As in dockerd, who starts says how the output comes: without Tty in frames, also from a terminal.
    terminal = exec_.settings.tty and fields.flag(body, "Tty")
    connection = take_over(request, stream_type(terminal=terminal, version=version_of(request)))
    try:
        await _attend(execs, exec_, connection, console_size, frames=exec_.settings.tty and not terminal)
    except ContainersError as error:
        # The answer has begun: all that is left is to say it where the output would be, as dockerd does.
        message = f"{error.message}\r\n".encode()
        connection.write(message if terminal else frame(STDOUT, message))
        connection.end()
        await connection.closed
    return Hijacked()


async def _attend(
    execs: Execs, exec_: Exec, connection: Connection, console_size: tuple[int, int], *, frames: bool
) -> None:
    stream = await execs.start(exec_, console_size=console_size)
    if stream is None:
        connection.end()
        return
    settings = exec_.settings
    keys = DetachKeys(parse_detach_keys(settings.detach_keys or DEFAULT_DETACH_KEYS))
    watcher = keys if settings.tty and settings.attach_stdin else None

    async def settle() -> None:
        await execs.settle(exec_)

    if await relay(connection, stream, stdin=settings.attach_stdin, keys=watcher, frames=frames, settle=settle):
        execs.detached(exec_)


async def inspect(request: web.Request) -> web.Response:
    return json_answer(exec_json(_exec_of(request)))


async def resize(request: web.Request) -> web.Response:
    height, width = size_of(request)
    await engine_of(request).execs.resize(_exec_of(request), height=height, width=width)
    return web.Response()


ROUTES = (
    Route("POST", "/containers/{name}/exec", create),
    Route("POST", "/exec/{id}/start", recorded(start), cancels=True),
    Route("POST", "/exec/{id}/resize", resize),
    Route("GET", "/exec/{id}/json", inspect),
)
