"""/containers: the course of a life; what streams is in container_streams.py, files in container_files.py."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from jupyter_containers.api import filters
from jupyter_containers.api.naming import container_of, platform_of, size_of
from jupyter_containers.api.routing import Route, engine_of, flag, integer, json_answer, json_body, text, version_of
from jupyter_containers.api.tracing import recorded
from jupyter_containers.api.wire import fields
from jupyter_containers.api.wire.container_config import settings_from_wire
from jupyter_containers.api.wire.containers import container_json, summary_json
from jupyter_containers.api.wire.endpoints import endpoints_from_wire
from jupyter_containers.api.wire.host_config import host_settings_from_wire, restart_policy_from_wire
from jupyter_containers.api.wire.limits import limits_from_wire
from jupyter_containers.engine.containers.container import Container
from jupyter_containers.engine.containers.listing import FILTERS, Query
from jupyter_containers.engine.containers.record import Record
from jupyter_containers.engine.engine import Engine
from jupyter_containers.errors import Conflict, ContainersError, InvalidParameter, NotFound, Unsupported

# Resources that are settled when a container is made.
_NOT_UPDATED = ("CgroupParent", "Devices", "DeviceCgroupRules", "DeviceRequests", "Ulimits")


async def create(request: web.Request) -> web.Response:
    body = await json_body(request)
    engine = engine_of(request)
    if not body:
        raise InvalidParameter("config cannot be empty in order to create a container")
    settings = settings_from_wire(body)
    host = host_settings_from_wire(fields.mapping(body, "HostConfig"), version=version_of(request))
    endpoints = endpoints_from_wire(fields.mapping(body, "NetworkingConfig"), version_of(request))
    platform = platform_of(request)
    image = await engine.transfers.for_platform(settings.image, platform) if platform is not None else None
    created = await engine.containers.create(
        settings, host, name=text(request, "name"), endpoints=endpoints, image=image
    )
    return json_answer({"Id": created.container.id, "Warnings": list(created.warnings)}, status=201)


async def inspect(request: web.Request) -> web.Response:
    engine, container = engine_of(request), container_of(request)
    view = await engine.containers.describe(container, size=flag(request, "size"))
    body = container_json(view, version=version_of(request), network_id=_network_ids(engine))
    return json_answer(body)


def _network_ids(engine: Engine) -> Any:
    def network_id(name: str) -> str:
        return engine.networks.network_id(name)

    return network_id


async def list_containers(request: web.Request) -> web.Response:
    engine = engine_of(request)
    query = Query(
        every=flag(request, "all"), limit=integer(request, "limit", 0) or 0, filters=filters.parse(request, FILTERS)
    )
    found = await engine.containers.matching(query)
    return json_answer(await summaries(request, found, size=flag(request, "size")))


async def summaries(request: web.Request, containers: Sequence[Container], *, size: bool) -> list[dict[str, Any]]:
    """Write entries of the list, as the version of the request has them."""
    engine = engine_of(request)
    now, version, names = time.time_ns(), version_of(request), _ImageNames(engine)
    network_id, entries = _network_ids(engine), []
    for container in containers:
        try:
            view = await engine.containers.glance(container, size=size)
        except NotFound:
            continue  # removed while it was counted
        image = await names.of(container.record)
        entries.append(summary_json(view, image=image, version=version, network_id=network_id, now=now))
    return entries


class _ImageNames:
    """What containers' images are called, each looked up once."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._ids: dict[str, str] = {}

    async def of(self, record: Record) -> str:
        """Return the name that was asked for, or the id when the name means another image by now."""
        name = record.settings.image
        if name not in self._ids:
            try:
                self._ids[name] = str((await self._engine.images.find(name)).id)
            except ContainersError:
                self._ids[name] = ""
        return name if self._ids[name] == record.image_id else record.image_id


async def start(request: web.Request) -> web.Response:
    # An empty object is what old clients send, under any type.
    if (await request.read()).strip() not in (b"", b"{}", b"null"):
        raise Unsupported("starting a container with a HostConfig was removed from the API; give it to create")
    has_started = await engine_of(request).containers.start(container_of(request))
    return web.Response(status=204 if has_started else 304)


async def stop(request: web.Request) -> web.Response:
    has_stopped = await engine_of(request).containers.stop(
        container_of(request), signal=text(request, "signal"), timeout_seconds=integer(request, "t")
    )
    return web.Response(status=204 if has_stopped else 304)


async def restart(request: web.Request) -> web.Response:
    await engine_of(request).containers.restart(
        container_of(request), signal=text(request, "signal"), timeout_seconds=integer(request, "t")
    )
    return web.Response(status=204)


async def kill(request: web.Request) -> web.Response:
    await engine_of(request).containers.kill(container_of(request), text(request, "signal"))
    return web.Response(status=204)


async def pause(request: web.Request) -> web.Response:
    await engine_of(request).containers.pause(container_of(request))
    return web.Response(status=204)


async def resume(request: web.Request) -> web.Response:
    await engine_of(request).containers.resume(container_of(request))
    return web.Response(status=204)


async def rename(request: web.Request) -> web.Response:
    await engine_of(request).containers.rename(container_of(request), text(request, "name"))
    return web.Response(status=204)


async def update(request: web.Request) -> web.Response:
    body = await json_body(request)
    policy = restart_policy_from_wire(body) if fields.mapping(body, "RestartPolicy").get("Name") else None
    fields.refuse(body, _NOT_UPDATED)
    limits = limits_from_wire(body)
    warnings = await engine_of(request).containers.update(container_of(request), limits, policy)
    return json_answer({"Warnings": list(warnings) or None})


async def resize(request: web.Request) -> web.Response:
    height, width = size_of(request)
    await engine_of(request).containers.resize(container_of(request), height=height, width=width)
    return web.Response(status=200)


async def top(request: web.Request) -> web.Response:
    table = await engine_of(request).containers.top(container_of(request), text(request, "ps_args"))
    return json_answer({"Processes": [list(row) for row in table.rows], "Titles": list(table.titles)})


async def remove(request: web.Request) -> web.Response:
    if flag(request, "link"):
        return _remove_link(request)
    await engine_of(request).containers.remove(
        container_of(request), force=flag(request, "force"), volumes=flag(request, "v")
    )
    return web.Response(status=204)


def _remove_link(request: web.Request) -> web.Response:
    containers, alias = engine_of(request).containers, request.match_info.get("alias")
    owner = containers.find(request.match_info["name"])
    if not alias:
        raise Conflict("Conflict, cannot remove the default link name of the container")
    containers.remove_link(owner, alias)
    return web.Response(status=204)


async def prune(request: web.Request) -> web.Response:
    wanted = filters.parse(request, {"until", "label", "label!"})
    until = filters.until(wanted, now=time.time_ns())

    def matches(record: Record) -> bool:
        labels = record.settings.labels
        return (
            (until is None or record.created_at < until)
            and filters.label_matches(labels, wanted.get("label", ()))
            and not any(filters.label_matches(labels, (label,)) for label in wanted.get("label!", ()))
        )

    removed, freed = await engine_of(request).containers.prune(matches)
    return json_answer({"ContainersDeleted": removed or None, "SpaceReclaimed": freed})


ROUTES = (
    Route("GET", "/containers/json", list_containers),
    Route("POST", "/containers/create", create),
    Route("POST", "/containers/prune", prune),
    Route("GET", "/containers/{name}/json", inspect),
    Route("GET", "/containers/{name}/top", top),
    Route("POST", "/containers/{name}/start", recorded(start)),
    Route("POST", "/containers/{name}/stop", stop),
    Route("POST", "/containers/{name}/restart", recorded(restart)),
    Route("POST", "/containers/{name}/kill", kill),
    Route("POST", "/containers/{name}/pause", pause),
    Route("POST", "/containers/{name}/unpause", resume),
    Route("POST", "/containers/{name}/rename", rename),
    Route("POST", "/containers/{name}/update", update),
    Route("POST", "/containers/{name}/resize", resize),
    Route("DELETE", "/containers/{name}", remove),
    # The alias of a link is a name of a container, too.
    Route("GET", "/containers/{name}/{alias}/json", inspect),
    Route("DELETE", "/containers/{name}/{alias}", remove),
)
