"""/build/results: an extension of ours. What a build has made, as bytes, for the client that knows where to put it.

A build with outputs of type docker, oci, local or tar tells a Result beside the image's id (`built`). It can be fetched
in each of these forms until it is deleted, for some minutes; `local` is fetched as tar. With a cache export of type
local it can be fetched as `cache`, an OCI layout in a tar. The way back is /build/caches: it takes such a tar, and
answers with the Id that the next build names as its cache import of type local, in the attribute `upload`.
"""

from __future__ import annotations

from aiohttp import web

from jupyter_containers.api.blocking import send_from_thread
from jupyter_containers.api.routing import Route, engine_of, json_answer, text

_CHUNK = 256 * 1024


async def fetch(request: web.Request) -> web.StreamResponse:
    results = engine_of(request).builds.results
    async with results.writing(request.match_info["result"], text(request, "type") or "tar") as write_to:
        response = web.StreamResponse(headers={"Content-Type": "application/x-tar"})
        return await send_from_thread(request, response, write_to)


async def forget(request: web.Request) -> web.Response:
    engine_of(request).builds.results.forget(request.match_info["result"])
    return web.Response(status=204)


async def take_cache(request: web.Request) -> web.Response:
    name = await engine_of(request).builds.caches.take_in(request.content.iter_chunked(_CHUNK))
    return json_answer({"Id": name}, status=201)


ROUTES = (
    Route("POST", "/build/caches", take_cache),
    Route("GET", "/build/results/{result}", fetch),
    Route("DELETE", "/build/results/{result}", forget),
)
