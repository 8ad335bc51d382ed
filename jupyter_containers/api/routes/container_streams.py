"""/containers/…: wait, logs, stats and attach, the answers that last."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

from aiohttp import web

from jupyter_containers.api import web_socket
from jupyter_containers.api.hijack import Hijacked, relay, take_over
from jupyter_containers.api.naming import container_of
from jupyter_containers.api.routing import Route, engine_of, flag, json_answer, text, version_of
from jupyter_containers.api.streams import (
    DEFAULT_DETACH_KEYS,
    DetachKeys,
    Unframed,
    parse_detach_keys,
    stream_type,
)
from jupyter_containers.api.wire.logs import log_bytes
from jupyter_containers.api.wire.stats import statistics_json
from jupyter_containers.api.wire.times import parse_time
from jupyter_containers.engine.containers.container import Container, Streams, WaitCondition
from jupyter_containers.engine.containers.containers import Containers
from jupyter_containers.engine.containers.logs import LogQuery
from jupyter_containers.errors import ContainersError, InvalidParameter


async def wait(request: web.Request) -> web.StreamResponse:
    """Answer when the container has ended. The headers go at once: then the client knows that nothing is missed."""
    condition, container = WaitCondition.parse(text(request, "condition")), container_of(request)
    ended = engine_of(request).containers.wait(container, condition)
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    failed: dict[str, str] | None = None
    try:
        await response.prepare(request)
        code = await ended
    except ContainersError as error:
        code, failed = container.record.state.exit_code, {"Message": error.message}
    finally:
        ended.cancel()
    is_told = failed is not None or version_of(request) < (1, 42)
    body: dict[str, object] = {**({"Error": failed} if is_told else {}), "StatusCode": code}
    await response.write_eof(json.dumps(body, separators=(",", ":")).encode() + b"\n")
    return response


async def logs(request: web.Request) -> web.StreamResponse:
    containers, container = engine_of(request).containers, container_of(request)
    query = LogQuery(
        stdout=flag(request, "stdout"),
        stderr=flag(request, "stderr"),
        since=_moment(request, "since"),
        until=_moment(request, "until"),
        tail=_tail(request),
        follow=flag(request, "follow"),
    )
    containers.check_logs(container, query)
    terminal = container.record.settings.tty
    headers = {}
    if version_of(request) >= (1, 42):
        headers["Content-Type"] = stream_type(terminal=terminal, version=version_of(request))
    response = web.StreamResponse(headers=headers)
    if not headers:
        # dockerd before 1.42 names no type here; aiohttp would name one.
        response.headers["Content-Type"] = "application/octet-stream"
    with_times, with_details = flag(request, "timestamps"), flag(request, "details")
    async with containers.logs(container, query) as found:
        # Not before they are open: docker-py waits for this, removes the container, and only then reads.
        await response.prepare(request)
        async for entries in found:
            content = log_bytes(entries, terminal=terminal, with_times=with_times, with_details=with_details)
            await response.write(content)
        await response.write_eof()
    return response


def _moment(request: web.Request, name: str) -> int:
    return parse_time(text(request, name), name, now=time.time_ns())


def _tail(request: web.Request) -> int | None:
    """Return how many lines; anything that is no number is everything, as in dockerd."""
    value = text(request, "tail")
    return int(value) if value.isascii() and value.isdigit() else None


async def stats(request: web.Request) -> web.StreamResponse:
    containers, container = engine_of(request).containers, container_of(request)
    streams, once = flag(request, "stream", default=True), flag(request, "one-shot")
    if streams and once:
        raise InvalidParameter("cannot have stream=true and one-shot=true")
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    if not streams:
        body = statistics_json(container.record, await containers.statistics(container, once=once))
        return json_answer(body)
    await response.prepare(request)
    async for statistics in containers.watch_statistics(container):
        await response.write(json.dumps(statistics_json(container.record, statistics)).encode() + b"\n")
    await response.write_eof()
    return response


async def attach(request: web.Request) -> web.StreamResponse:
    containers, container = engine_of(request).containers, container_of(request)
    keys = parse_detach_keys(text(request, "detachKeys") or DEFAULT_DETACH_KEYS)
    wanted = Streams(flag(request, "stdin"), flag(request, "stdout"), flag(request, "stderr"))
    _check_attach(request, container, wanted)
    terminal = container.record.settings.tty
    await request.read()
    connection = take_over(request, stream_type(terminal=terminal, version=version_of(request)))

    async def show(content: bytes) -> None:
        connection.write(content)
        await connection.drained()

    stream = await _attached(request, container, wanted, show, terminal=terminal)
    if stream is None:
        connection.end()
        await connection.closed
        return Hijacked()
    watcher = DetachKeys(keys) if terminal and wanted.stdin else None
    if await relay(connection, stream, stdin=wanted.stdin, keys=watcher):
        containers.detached(container)
    return Hijacked()


def _check_attach(request: web.Request, container: Container, wanted: Streams) -> None:
    containers = engine_of(request).containers
    containers.check_attach(container)
    if flag(request, "logs") and (wanted.stdout or wanted.stderr):
        containers.check_logs(container, LogQuery(stdout=wanted.stdout, stderr=wanted.stderr))


async def _attached(
    request: web.Request,
    container: Container,
    wanted: Streams,
    show: Callable[[bytes], Awaitable[None]],
    *,
    terminal: bool,
) -> socket.socket | None:
    """Show the log when that is asked for, and return the container's end of its stream, or None.

    The stream is asked for before the log is read, and the log up to there: the client may start the container as soon
    as it has the head of our answer, and nothing of what comes then is to be missed, or seen twice.
    """
    containers, query = engine_of(request).containers, LogQuery(stdout=wanted.stdout, stderr=wanted.stderr)
    has_logs = flag(request, "logs") and (wanted.stdout or wanted.stderr)
    if not flag(request, "stream"):
        if has_logs:
            await _show_logs(containers, container, query, show, terminal=terminal)
        return None
    if not has_logs:
        return await containers.attach(container, wanted)
    attaching = asyncio.ensure_future(containers.attach(container, wanted))
    try:
        await asyncio.sleep(0)  # now it is at the container's lock
        query = replace(query, until=time.time_ns())
        await _show_logs(containers, container, query, show, terminal=terminal)
        return await attaching
    except BaseException:
        attaching.cancel()
        if attaching.done() and not attaching.cancelled() and attaching.exception() is None:
            stream = attaching.result()
            if stream is not None:
                stream.close()
        raise


async def _show_logs(
    containers: Containers,
    container: Container,
    query: LogQuery,
    show: Callable[[bytes], Awaitable[None]],
    *,
    terminal: bool,
) -> None:
    async with containers.logs(container, query) as found:
        async for entries in found:
            await show(log_bytes(entries, terminal=terminal))


async def attach_by_web_socket(request: web.Request) -> web.StreamResponse:
    containers, container, version = engine_of(request).containers, container_of(request), version_of(request)
    keys = parse_detach_keys(text(request, "detachKeys") or DEFAULT_DETACH_KEYS)
    wanted = Streams(True, True, True)
    if version >= web_socket.CHOICE_SINCE:
        wanted = Streams(flag(request, "stdin"), flag(request, "stdout"), flag(request, "stderr"))
    _check_attach(request, container, wanted)
    terminal = container.record.settings.tty
    client = await web_socket.open_web_socket(request)
    as_text = version < web_socket.BINARY_SINCE

    async def show(content: bytes) -> None:
        await (client.send_str(content.decode(errors="replace")) if as_text else client.send_bytes(content))

    stream = await _attached(request, container, wanted, show, terminal=True)
    if stream is None:
        await client.close()
        return client
    watcher = DetachKeys(keys) if terminal and wanted.stdin else None
    unframed = None if terminal else Unframed()
    if await web_socket.relay(client, stream, stdin=wanted.stdin, unframed=unframed, as_text=as_text, keys=watcher):
        containers.detached(container)
    return client


ROUTES = (
    Route("GET", "/containers/{name}/attach/ws", attach_by_web_socket),
    Route("POST", "/containers/{name}/wait", wait, cancels=True),
    Route("GET", "/containers/{name}/logs", logs),
    Route("GET", "/containers/{name}/stats", stats),
    Route("POST", "/containers/{name}/attach", attach, cancels=True),
)
