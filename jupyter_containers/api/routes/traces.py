"""/traces and /containers/{name}/trace: what was asked of the kernel. Not of Docker's API: see api/tracing.py."""

from __future__ import annotations

from aiohttp import web

from jupyter_containers.api.naming import container_of
from jupyter_containers.api.routing import Route, engine_of, json_answer


async def of_token(request: web.Request) -> web.Response:
    return json_answer({"records": engine_of(request).traces.of_token(request.match_info["token"])})


async def of_container(request: web.Request) -> web.Response:
    engine, container = engine_of(request), container_of(request)
    places = engine.containers.trace_places(container)
    return json_answer(engine.traces.of_container(container.id, container.record.name, places))


ROUTES = (
    Route("GET", "/traces/{token}", of_token),
    Route("GET", "/containers/{name}/trace", of_container),
)
