"""/networks: list, inspect, create, connect, disconnect, remove, prune."""

from __future__ import annotations

import time
from collections.abc import Callable

from aiohttp import web

from jupyter_containers.api import filters
from jupyter_containers.api.routing import Route, engine_of, json_answer, json_body, text, version_of
from jupyter_containers.api.wire import fields
from jupyter_containers.api.wire.endpoints import endpoint_from_wire
from jupyter_containers.api.wire.networks import container_from_wire, network_json, request_from_wire
from jupyter_containers.api.wire.times import parse_time
from jupyter_containers.engine.engine import Engine
from jupyter_containers.engine.network_values import Network
from jupyter_containers.errors import InvalidParameter, NotFound

_FILTERS = frozenset({"dangling", "driver", "id", "label", "name", "scope", "type"})
_TYPES = frozenset({"builtin", "custom"})


async def list_networks(request: web.Request) -> web.Response:
    engine = engine_of(request)
    matches = _matcher(engine, filters.parse(request, _FILTERS))
    found = [network for network in engine.networks.all() if matches(network)]
    return json_answer([network_json(network, {}, version=version_of(request)) for network in found])


async def inspect(request: web.Request) -> web.Response:
    networks = engine_of(request).networks
    network = networks.describe(request.match_info["name"])
    # There are no tasks of a swarm that `verbose` could add.
    if text(request, "scope") not in ("", "local"):
        raise NotFound(f"network {request.match_info['name']} not found")
    return json_answer(network_json(network, networks.endpoints(network.name), version=version_of(request)))


async def create(request: web.Request) -> web.Response:
    network = await engine_of(request).networks.create(request_from_wire(await json_body(request)))
    return json_answer({"Id": network.id, "Warning": ""}, status=201)


async def remove(request: web.Request) -> web.Response:
    await engine_of(request).networks.remove(request.match_info["name"])
    return web.Response(status=204)


async def connect(request: web.Request) -> web.Response:
    body, engine = await json_body(request), engine_of(request)
    container = engine.containers.find(container_from_wire(body))
    settings = endpoint_from_wire(fields.mapping(body, "EndpointConfig"))
    await engine.containers.connect(container, request.match_info["name"], settings)
    return web.Response(status=200)


async def disconnect(request: web.Request) -> web.Response:
    body, engine = await json_body(request), engine_of(request)
    name, force = container_from_wire(body), fields.flag(body, "Force")
    try:
        container = engine.containers.find(name)
    except NotFound:
        if force:
            # Docker looks for what a container that is gone has left on the network; here nothing can be left.
            engine.networks.get(request.match_info["name"])
            raise NotFound(f"endpoint {name} not found") from None
        raise
    await engine.containers.disconnect(container, request.match_info["name"], force=force)
    return web.Response(status=200)


async def prune(request: web.Request) -> web.Response:
    wanted = filters.parse(request, {"label", "label!", "until"})
    horizon = [parse_time(value, "until", now=time.time_ns()) for value in wanted.get("until", ())]

    def matches(network: Network) -> bool:
        made_at = parse_time(network.created_at, "created", now=0)
        return all(made_at < moment for moment in horizon) and filters.labels_match(network.labels, wanted)

    removed = await engine_of(request).networks.prune(matches)
    return json_answer({"NetworksDeleted": removed or None})


def _matcher(engine: Engine, wanted: filters.Filters) -> Callable[[Network], bool]:
    """Return the test of a list's filters. Raises InvalidParameter in Docker's words."""
    for kind in wanted.get("type", ()):
        if kind not in _TYPES:
            raise InvalidParameter(f"invalid filter: 'type'='{kind}'")
    dangling = _dangling(wanted)

    def matches(network: Network) -> bool:
        in_use = network.is_predefined or bool(engine.networks.endpoints(network.name))
        kind = "builtin" if network.is_predefined else "custom"
        return (
            filters.pattern_matches(network.name, wanted.get("name"))
            and filters.pattern_matches(network.id, wanted.get("id"))
            and network.driver in wanted.get("driver", (network.driver,))
            and "local" in wanted.get("scope", ("local",))
            and kind in wanted.get("type", (kind,))
            and (dangling is None or dangling is not in_use)
            and filters.label_matches(network.labels, wanted.get("label", ()))
        )

    return matches


def _dangling(wanted: filters.Filters) -> bool | None:
    try:
        return filters.boolean(wanted, "dangling")
    except InvalidParameter:
        raise InvalidParameter(
            'invalid value for filter \'dangling\', must be "true" (or "1"), or "false" (or "0")'
        ) from None


ROUTES = (
    Route("GET", "/networks", list_networks),
    Route("POST", "/networks/create", create),
    Route("POST", "/networks/prune", prune),
    Route("GET", "/networks/{name}", inspect),
    Route("DELETE", "/networks/{name}", remove),
    Route("POST", "/networks/{name}/connect", connect),
    Route("POST", "/networks/{name}/disconnect", disconnect),
)
