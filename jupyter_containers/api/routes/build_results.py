"""/build/results: an extension of ours. What a build has made, as bytes, for the client that knows where to put it.

A build with outputs of type docker, oci, local or tar tells a Result beside the image's id (`built`). It can be fetched
in each of these forms until it is deleted, for some minutes; `local` is fetched as tar.
"""

from __future__ import annotations

from aiohttp import web

from jupyter_containers.api.blocking import send_from_thread
from jupyter_containers.api.routing import Route, engine_of, text


async def fetch(request: web.Request) -> web.StreamResponse:
    results = engine_of(request).builds.results
    async with results.writing(request.match_info["result"], text(request, "type") or "tar") as write_to:
        response = web.StreamResponse(headers={"Content-Type": "application/x-tar"})
        return await send_from_thread(request, response, write_to)


async def forget(request: web.Request) -> web.Response:
    engine_of(request).builds.results.forget(request.match_info["result"])
    return web.Response(status=204)


ROUTES = (
    Route("GET", "/build/results/{result}", fetch),
    Route("DELETE", "/build/results/{result}", forget),
)
