"""/networks: list and inspect the predefined ones; what changes networks is refused with a reason."""

from __future__ import annotations

from typing import NoReturn

from aiohttp import web

from jupyter_containers.api import filters
from jupyter_containers.api.routing import Route, engine_of, json_answer, json_body
from jupyter_containers.api.wire.networks import network_json
from jupyter_containers.engine.networks import Network


async def list_networks(request: web.Request) -> web.Response:
    wanted = filters.parse(request, {"dangling", "driver", "id", "label", "name", "scope", "type"})
    networks = [network for network in engine_of(request).networks.all() if _matches(network, wanted)]
    return json_answer([network_json(network, {}) for network in networks])


async def inspect(request: web.Request) -> web.Response:
    networks = engine_of(request).networks
    network = networks.get(request.match_info["name"])
    return json_answer(network_json(network, networks.endpoints(network.name)))


async def create(request: web.Request) -> NoReturn:
    engine_of(request).networks.refuse_create(str((await json_body(request)).get("Name", "")))


async def remove(request: web.Request) -> NoReturn:
    engine_of(request).networks.refuse_remove(request.match_info["name"])


async def connect(request: web.Request) -> NoReturn:
    container = str((await json_body(request)).get("Container", ""))
    engine_of(request).networks.refuse_connect(request.match_info["name"], container)


async def prune(request: web.Request) -> web.Response:
    filters.parse(request, {"label", "label!", "until"})
    return json_answer({"NetworksDeleted": None})


def _matches(network: Network, wanted: filters.Filters) -> bool:
    kind = "builtin"  # every network here is predefined
    return (
        filters.pattern_matches(network.name, wanted.get("name"))
        and filters.pattern_matches(network.id, wanted.get("id"))
        and network.driver in wanted.get("driver", (network.driver,))
        and "local" in wanted.get("scope", ("local",))
        and kind in wanted.get("type", (kind,))
        and "true" not in wanted.get("dangling", ())
        and filters.label_matches({}, wanted.get("label", ()))
    )


ROUTES = (
    Route("GET", "/networks", list_networks),
    Route("POST", "/networks/create", create),
    Route("POST", "/networks/prune", prune),
    Route("GET", "/networks/{name}", inspect),
    Route("DELETE", "/networks/{name}", remove),
    Route("POST", "/networks/{name}/connect", connect),
    Route("POST", "/networks/{name}/disconnect", connect),
)
