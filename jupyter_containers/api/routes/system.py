"""/_ping, /version, /info: what this daemon is."""

from __future__ import annotations

from dataclasses import replace

from aiohttp import web

from jupyter_containers.api.routing import API_VERSION, Route, engine_of, json_answer, version_of
from jupyter_containers.api.wire.system import info_json, version_json


async def ping(request: web.Request) -> web.Response:
    headers = {
        "Api-Version": "{}.{}".format(*API_VERSION),
        # 1 is the classic builder: clients that have both then send `version=1` builds, which we answer.
        "Builder-Version": "1",
        "Cache-Control": "no-cache, no-store, must-revalidate",
        "Docker-Experimental": "false",
        "Ostype": "linux",
        "Pragma": "no-cache",
        "Swarm": "inactive",
    }
    return web.Response(text="" if request.method == "HEAD" else "OK", headers=headers)


async def version(request: web.Request) -> web.Response:
    system = engine_of(request).system
    return json_answer(version_json(system.daemon(), system.host(), system.architecture()))


async def info(request: web.Request) -> web.Response:
    engine = engine_of(request)
    system, warning = engine.system, engine.networks.warning()
    daemon = system.daemon()
    if warning:
        daemon = replace(daemon, warnings=(*daemon.warnings, f"WARNING: {warning}"))
    written = info_json(
        daemon,
        system.host(),
        counts=system.count_containers(),
        images=system.count_images(),
        listeners=engine.events.listeners(),
        version=version_of(request),
    )
    return json_answer(written)


ROUTES = (
    Route("GET", "/_ping", ping),
    Route("HEAD", "/_ping", ping),
    Route("GET", "/version", version),
    Route("GET", "/info", info),
)
