"""/system/df: what takes how much disk."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from jupyter_containers.api.routes.containers import summaries
from jupyter_containers.api.routing import Route, engine_of, json_answer, version_of
from jupyter_containers.api.wire.disk_usage import directory_json, step_json
from jupyter_containers.api.wire.failed_steps import usage_json
from jupyter_containers.api.wire.images import summary_json
from jupyter_containers.api.wire.volumes import volume_usage_json
from jupyter_containers.engine import disk_usage
from jupyter_containers.engine.containers.listing import Query
from jupyter_containers.engine.disk_usage import Kind

# Before this version there was no `type`, and one number more.
_TYPED_SINCE = (1, 42)


async def measure(request: web.Request) -> web.Response:
    engine, version = engine_of(request), version_of(request)
    kinds = disk_usage.parse_kinds(request.query.getall("type", []) if version >= _TYPED_SINCE else ())
    body: dict[str, Any] = {"LayersSize": 0, "Images": None, "Containers": None, "Volumes": None, "BuildCache": None}
    if Kind.IMAGE in kinds:
        usages = disk_usage.images(engine.images, engine.containers)
        body["LayersSize"] = disk_usage.layers_size(engine.images)
        body["Images"] = [
            summary_json(one.view, shared_size=one.shared, containers=one.containers, version=version) for one in usages
        ]
    if Kind.CONTAINER in kinds:
        found = await engine.containers.matching(Query(every=True))
        body["Containers"] = await summaries(request, found, size=True)
    if Kind.VOLUME in kinds:
        body["Volumes"] = [volume_usage_json(one) for one in await disk_usage.volumes(engine.volumes)]
    if Kind.BUILD_CACHE in kinds:
        steps = disk_usage.build_cache(engine.builds, engine.images)
        failures = disk_usage.failed_steps(engine.failed_steps)
        kept = await engine.builds.cache_directories()
        body["BuildCache"] = [step_json(one, version=version) for one in steps]
        body["BuildCache"] += [directory_json(one, version=version) for one in kept]
        body["BuildCache"] += [
            usage_json(one.failure, size=one.size, in_use=one.in_use, version=version) for one in failures
        ]
        if version < _TYPED_SINCE:
            body["BuilderSize"] = sum(one.size for one in steps if not one.shared) + sum(one.size for one in failures)
            body["BuilderSize"] += sum(one.size for one in kept)
    return json_answer(body)


ROUTES = (Route("GET", "/system/df", measure),)
