"""/events: what happens in this daemon, and what has happened lately."""

from __future__ import annotations

import asyncio
import time

from aiohttp import web

from jupyter_containers.api import filters
from jupyter_containers.api.event_query import FILTERS, EventQuery
from jupyter_containers.api.json_lines import JsonLines
from jupyter_containers.api.routing import Route, engine_of
from jupyter_containers.api.wire.system import event_json
from jupyter_containers.engine.events import Subscription


async def events(request: web.Request) -> web.StreamResponse:
    wanted = filters.parse(request, FILTERS)
    since, until = request.query.get("since"), request.query.get("until")
    query = EventQuery.read(since, until, wanted, now=time.time_ns())
    async with JsonLines(request) as lines:
        with engine_of(request).events.subscribe() as (past, subscription):
            await lines.start()
            for event in past if query.wants_past else ():
                if event.at_ns >= (query.since or 0) and query.matches(event):
                    await lines.send(event_json(event))
            await _follow(lines, subscription, query)
    return lines.response


async def _follow(lines: JsonLines, subscription: Subscription, query: EventQuery) -> None:
    """Send what happens until the end that was asked for, or until the daemon stops."""
    left = None if query.until is None else (query.until - time.time_ns()) / 1e9
    if left is not None and left <= 0:
        return
    try:
        async with asyncio.timeout(left):
            async for event in subscription:
                if query.matches(event):
                    await lines.send(event_json(event))
    except TimeoutError:
        pass  # the end has come: the stream ends as it should


ROUTES = (Route("GET", "/events", events),)
