"""/volumes: list, create, inspect, remove, prune."""

from __future__ import annotations

from aiohttp import web

from jupyter_containers.api import filters
from jupyter_containers.api.routing import Route, engine_of, flag, json_answer, json_body, version_of
from jupyter_containers.api.wire import fields
from jupyter_containers.api.wire.volumes import volume_json
from jupyter_containers.engine.volumes import Volume


async def list_volumes(request: web.Request) -> web.Response:
    volumes = engine_of(request).volumes
    wanted = filters.parse(request, {"dangling", "driver", "label", "name"})
    matching = [volume for volume in volumes.all() if _matches(volume, wanted)]
    unused = filters.boolean(wanted, "dangling")
    if unused is not None:
        matching = [volume for volume in matching if (not volumes.used_by(volume.name)) == unused]
    return json_answer({"Volumes": [volume_json(volume) for volume in matching], "Warnings": None})


async def create(request: web.Request) -> web.Response:
    body = await json_body(request)
    fields.refuse(body, ("ClusterVolumeSpec",))
    volume = engine_of(request).volumes.ensure(
        fields.text(body, "Name"),
        driver=fields.text(body, "Driver"),
        labels=fields.text_mapping(body, "Labels"),
        options=fields.text_mapping(body, "DriverOpts"),
    )
    return json_answer(volume_json(volume), status=201)


async def inspect(request: web.Request) -> web.Response:
    return json_answer(volume_json(engine_of(request).volumes.get(request.match_info["name"])))


async def remove(request: web.Request) -> web.Response:
    volumes, name = engine_of(request).volumes, request.match_info["name"]
    await volumes.remove(name, force=flag(request, "force"))
    return web.Response(status=204)


async def prune(request: web.Request) -> web.Response:
    wanted = filters.parse(request, {"label", "label!", "all"})
    # Since 1.42 named volumes stay unless all=true is among the filters.
    every = version_of(request) < (1, 42) or filters.boolean(wanted, "all") is True
    removed, freed = await engine_of(request).volumes.prune(
        lambda volume: (every or volume.is_anonymous) and filters.labels_match(volume.labels, wanted)
    )
    return json_answer({"VolumesDeleted": removed, "SpaceReclaimed": freed})


def _matches(volume: Volume, wanted: filters.Filters) -> bool:
    drivers = wanted.get("driver", ())
    return (
        filters.pattern_matches(volume.name, wanted.get("name"))
        and (not drivers or "local" in drivers)
        and filters.label_matches(volume.labels, wanted.get("label", ()))
    )


ROUTES = (
    Route("GET", "/volumes", list_volumes),
    Route("POST", "/volumes/create", create),
    Route("POST", "/volumes/prune", prune),
    Route("GET", "/volumes/{name}", inspect),
    Route("DELETE", "/volumes/{name}", remove),
)
