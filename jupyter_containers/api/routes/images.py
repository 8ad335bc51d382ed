"""/images: list, inspect, history, tag, remove, prune."""

from __future__ import annotations

import time
from typing import Any

from aiohttp import web

from jupyter_containers.api import filters
from jupyter_containers.api.naming import parse_platform, platform_of, reference_of
from jupyter_containers.api.routing import Route, engine_of, flag, json_answer, text, version_of
from jupyter_containers.api.wire.images import (
    history_json,
    image_json,
    manifest_json,
    part_json,
    removed_json,
    seconds_of,
    summary_json,
)
from jupyter_containers.api.wire.times import parse_time
from jupyter_containers.engine import platforms
from jupyter_containers.engine.images import ImageView
from jupyter_containers.errors import InvalidParameter, Unsupported
from jupyter_containers.oci.image_config import moment_ns

_LIST_FILTERS = {"before", "dangling", "label", "reference", "since", "until"}


async def list_images(request: web.Request) -> web.Response:
    images, wanted = engine_of(request).images, filters.parse(request, _LIST_FILTERS)
    dangling = filters.boolean(wanted, "dangling")
    until = _until(wanted)
    before = [moment_ns((await images.find(name)).record.created_at) for name in wanted.get("before", ())]
    since = [moment_ns((await images.find(name)).record.created_at) for name in wanted.get("since", ())]
    parents, layer_users = images.parents(), images.layer_users() if flag(request, "shared-size") else None
    answer = []
    for view in images.all():
        named = view.narrowed(wanted["reference"]) if "reference" in wanted else view
        created = moment_ns(view.record.created_at)
        if (
            named is not None
            and _is_wanted(named, dangling)
            and (flag(request, "all") or named.tags or named.repo_digests or view.id not in parents)
            and filters.label_matches(view.config.process.labels, wanted.get("label", ()))
            and all(created < moment for moment in before)
            and all(created > moment for moment in since)
            and (until is None or created // 10**9 <= until)
        ):
            shared = -1 if layer_users is None else images.shared_size(view, layer_users)
            entry = summary_json(named, shared_size=shared, version=version_of(request))
            answer.append(entry | _manifests(request, view))
    return json_answer(answer)


def _is_wanted(view: ImageView, dangling: bool | None) -> bool:
    """Read `dangling` as dockerd does: true asks for images without a tag, false for those with a tag or a digest."""
    if dangling is None:
        return True
    return not view.tags if dangling else bool(view.tags or view.repo_digests)


def _until(wanted: filters.Filters) -> float | None:
    """Return the moment of the filter `until`, in seconds since the epoch."""
    if "until" not in wanted:
        return None
    if len(wanted["until"]) != 1:
        raise InvalidParameter("more than one until filter specified")
    return parse_time(wanted["until"][0], "until", now=time.time_ns()) / 1e9


async def inspect(request: web.Request) -> web.Response:
    if text(request, "platform") and flag(request, "manifests"):
        raise InvalidParameter("conflicting options: manifests and platform options cannot both be set")
    images, view = engine_of(request).images, _found(request)
    data = image_json(view, images.folders(view), version=version_of(request))
    return json_answer(data | _manifests(request, view))


def _found(request: web.Request) -> ImageView:
    """Return what the path names has for the platform of the query. Raises ImageNotFound, NotForPlatform."""
    return platforms.seen(engine_of(request).images, request.match_info["name"], platform_of(request))


def _manifests(request: web.Request, view: ImageView) -> dict[str, Any]:
    if not flag(request, "manifests") or version_of(request) < (1, 47):
        return {}
    images = engine_of(request).images
    users = [user.container_id for user in images.users(view.id)]
    others = images.indexes.beside(view.names, view.record.target.digest)
    return {"Manifests": [manifest_json(view, users), *(part_json(*found) for found in others)]}


async def history(request: web.Request) -> web.Response:
    view = _found(request)
    return json_answer([history_json(entry) for entry in engine_of(request).images.history(view)])


async def tag(request: web.Request) -> web.Response:
    images = engine_of(request).images
    view = await images.find(request.match_info["name"])
    images.tag(view, reference_of(text(request, "repo"), text(request, "tag")), request.match_info["name"])
    return web.Response(status=201)


async def remove(request: web.Request) -> web.Response:
    name, images = request.match_info["name"], engine_of(request).images
    for wanted in request.query.getall("platforms", []):
        # Without its one platform nothing is left of an image; an index would be left with a gap.
        view = platforms.seen(images, name, parse_platform(wanted))
        if images.indexes.meant(name, view.id) or view.id != images.record(name).id:
            raise Unsupported(f"cannot remove only {wanted} of {name}: it has several platforms, remove all of it")
    removed = await images.remove(name, force=flag(request, "force"), prune=not flag(request, "noprune"))
    return json_answer([removed_json(entry) for entry in removed])


async def prune(request: web.Request) -> web.Response:
    wanted = filters.parse(request, {"dangling", "label", "label!", "until"})
    only_dangling, until = filters.boolean(wanted, "dangling") is not False, _until(wanted)
    removed, freed = await engine_of(request).images.prune(
        lambda view: (
            (not view.tags or not only_dangling)
            and filters.labels_match(view.config.process.labels, wanted)
            and (until is None or seconds_of(view.record.created_at) <= until)
        )
    )
    return json_answer({"ImagesDeleted": [removed_json(r) for r in removed] or None, "SpaceReclaimed": freed})


ROUTES = (
    Route("GET", "/images/json", list_images),
    Route("POST", "/images/prune", prune),
    Route("GET", "/images/{name:.+}/json", inspect),
    Route("GET", "/images/{name:.+}/history", history),
    Route("POST", "/images/{name:.+}/tag", tag),
    Route("DELETE", "/images/{name:.+}", remove),
)
