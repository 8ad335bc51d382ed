"""What Docker has and we do not: answered with a sentence, never with an empty success."""

from __future__ import annotations

import posixpath
from urllib.parse import quote

from aiohttp import web

from jupyter_containers.api import filters
from jupyter_containers.api.routing import Route, json_answer
from jupyter_containers.errors import NotFound, Unavailable, Unsupported

_SWARM = ("swarm", "nodes", "services", "tasks", "secrets", "configs")


async def swarm(request: web.Request) -> web.StreamResponse:
    # dockerd without swarm answers these with 503; clients such as `docker ps` rely on telling that from a failure.
    raise Unavailable(
        "This node is not a swarm manager. jupyter-containers has no swarm mode: "
        f"{request.method} {request.path} is not supported"
    )


async def no_swarm(request: web.Request) -> web.StreamResponse:
    raise Unsupported(f"jupyter-containers has no swarm mode: {request.method} {request.path} is not supported")


async def no_part_of_swarm(request: web.Request) -> web.StreamResponse:
    raise Unavailable("This node is not part of a swarm")


async def list_plugins(request: web.Request) -> web.Response:
    """Answer what is true: there are none, whichever are asked for."""
    filters.parse(request, {"capability", "enabled"})
    return json_answer([])


async def unknown_plugin(request: web.Request) -> web.StreamResponse:
    raise NotFound(f'plugin "{request.match_info["name"]}" not found')


async def unsupported(request: web.Request) -> web.StreamResponse:
    raise Unsupported(f"{request.method} {request.path} is not supported by jupyter-containers")


async def options(request: web.Request) -> web.StreamResponse:
    return web.Response()


async def unknown(request: web.Request) -> web.StreamResponse:
    path = request.path
    if "//" in path or "/." in path:
        # Only what comes out with slashes doubled or dots in it is sent to its clean form, as Go's multiplexer does.
        cleaned = "/" + posixpath.normpath(path).lstrip("/")
        if cleaned != path:
            return web.Response(status=301, headers={"Location": quote(cleaned)})
    raise NotFound("page not found")


ROUTES = (
    Route("POST", "/swarm/{verb:init|join}", no_swarm),
    Route("POST", "/swarm/leave", no_part_of_swarm),
    *(Route("*", f"/{resource}{{rest:(/.*)?}}", swarm) for resource in _SWARM),
    Route("PUT", "/volumes/{name}", swarm),  # updates of cluster volumes
    Route("GET", "/plugins", list_plugins),
    Route("GET", "/plugins/{name:.+}/json", unknown_plugin),
    Route("DELETE", "/plugins/{name:.+}", unknown_plugin),
    Route("*", "/plugins{rest:(/.*)?}", unsupported),
    Route("*", "/session", unsupported),
    Route("*", "/grpc", unsupported),
    Route("*", "/containers/{name}/checkpoints{rest:(/.*)?}", unsupported),
    Route("OPTIONS", "/{anything:.*}", options),
    Route("*", "/{anything:.*}", unknown),
)
