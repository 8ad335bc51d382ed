"""/images: list, pull, import, load, inspect, history, tag, remove, prune."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import NoReturn

from aiohttp import web

from jupyter_containers.api import filters
from jupyter_containers.api.json_lines import JsonLines, Outbox
from jupyter_containers.api.routing import Route, engine_of, flag, json_answer, text, version_of
from jupyter_containers.api.wire.images import history_json, image_json, removed_json, seconds_of, summary_json
from jupyter_containers.api.wire.progress import progress_json
from jupyter_containers.api.wire.times import parse_time
from jupyter_containers.engine.images import ImageView
from jupyter_containers.errors import InvalidParameter, Unsupported
from jupyter_containers.oci.digest import Digest
from jupyter_containers.oci.platform import Platform
from jupyter_containers.oci.reference import Reference
from jupyter_containers.registry import Progress, from_header

_LIST_FILTERS = {"before", "dangling", "label", "reference", "since", "until"}
_CHUNK = 256 * 1024


async def list_images(request: web.Request) -> web.Response:
    images, wanted = engine_of(request).images, filters.parse(request, _LIST_FILTERS)
    dangling = filters.boolean(wanted, "dangling")
    until = _until(wanted)
    before = [(await images.find(name)).record.created_at for name in wanted.get("before", ())]
    since = [(await images.find(name)).record.created_at for name in wanted.get("since", ())]
    answer = []
    for view in images.all():
        named = view.narrowed(wanted["reference"]) if "reference" in wanted else view
        created = view.record.created_at
        if (
            named is not None
            and _is_wanted(named, dangling)
            and filters.label_matches(view.config.process.labels, wanted.get("label", ()))
            and all(created < moment for moment in before)
            and all(created > moment for moment in since)
            and (until is None or seconds_of(created) <= until)
        ):
            containers = len(images.users(view.id)) if flag(request, "shared-size") else -1
            answer.append(summary_json(named, containers, version=version_of(request)))
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


async def create(request: web.Request) -> web.StreamResponse:
    """Pull (`fromImage`) or import (`fromSrc`)."""
    if text(request, "fromSrc"):
        return await _import(request)
    reference = _reference(text(request, "fromImage"), text(request, "tag"))
    platform = Platform.parse(text(request, "platform")) if text(request, "platform") else None
    credentials = from_header(request.headers.get("X-Registry-Auth"))
    async with JsonLines(request) as lines, Outbox(lines) as outbox:

        def tell(step: Progress) -> None:
            outbox.put(progress_json(step))

        pulled = await engine_of(request).transfers.pull(
            reference, platform=platform, credentials=credentials, progress=tell
        )
        outbox.put({"status": f"Digest: {pulled.digest}"})
        verdict = "Downloaded newer image for" if pulled.is_new else "Image is up to date for"
        outbox.put({"status": f"Status: {verdict} {reference.familiar}"})
        if pulled.warning:
            outbox.put({"status": f"WARNING: {pulled.warning}"})
    return lines.response


def _reference(image: str, tag: str) -> Reference:
    if not image:
        raise InvalidParameter("which image? parameter fromImage is empty")
    if not tag:
        return Reference.parse(image).with_default_tag()
    reference = Reference.parse(image)
    return reference.with_digest(Digest.parse(tag)) if ":" in tag else reference.with_tag(tag)


async def _import(request: web.Request) -> web.StreamResponse:
    if text(request, "fromSrc") != "-":
        raise Unsupported("import from a URL is not supported: download it and send it as the request's body (-)")
    repository, tag = text(request, "repo"), text(request, "tag")
    name = Reference.parse(repository).with_tag(tag) if tag else None
    if repository and name is None:
        name = Reference.parse(repository).with_default_tag()
    async with JsonLines(request) as lines:
        image = await engine_of(request).transfers.import_(
            _body(request), name=name, changes=request.query.getall("changes", []), message=text(request, "message")
        )
        await lines.send({"status": str(image.config_digest)})
    return lines.response


async def load(request: web.Request) -> web.StreamResponse:
    async with JsonLines(request) as lines:
        for names, image in await engine_of(request).transfers.load(_body(request)):
            for name in names:
                await lines.send({"stream": f"Loaded image: {name.familiar}\n"})
            if not names:
                await lines.send({"stream": f"Loaded image ID: {image.config_digest}\n"})
    return lines.response


def _body(request: web.Request) -> AsyncIterator[bytes]:
    return request.content.iter_chunked(_CHUNK)


async def inspect(request: web.Request) -> web.Response:
    return json_answer(image_json(await engine_of(request).images.find(request.match_info["name"])))


async def history(request: web.Request) -> web.Response:
    images = engine_of(request).images
    view = await images.find(request.match_info["name"])
    return json_answer([history_json(entry) for entry in images.history(view)])


async def tag(request: web.Request) -> web.Response:
    images = engine_of(request).images
    view = await images.find(request.match_info["name"])
    images.tag(view, _reference(text(request, "repo"), text(request, "tag")))
    return web.Response(status=201)


async def remove(request: web.Request) -> web.Response:
    removed = await engine_of(request).images.remove(
        request.match_info["name"], force=flag(request, "force"), prune=not flag(request, "noprune")
    )
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


async def push(request: web.Request) -> NoReturn:
    name = request.match_info["name"]
    view = await engine_of(request).images.find(name)
    if view.image.is_host:
        raise Unsupported(f"cannot push {name}: it stands on this machine's own root, which does not leave it")
    raise Unsupported(f"cannot push {name}: push is not supported yet")


async def save(request: web.Request) -> NoReturn:
    raise Unsupported("save is not supported yet; use export on a container")


async def search(request: web.Request) -> NoReturn:
    raise Unsupported("search is not supported: registries have no common way to do it")


ROUTES = (
    Route("GET", "/images/json", list_images),
    Route("POST", "/images/create", create, cancels=True),
    Route("POST", "/images/load", load, cancels=True),
    Route("POST", "/images/prune", prune),
    Route("GET", "/images/search", search),
    Route("GET", "/images/get", save),
    Route("GET", "/images/{name:.+}/json", inspect),
    Route("GET", "/images/{name:.+}/history", history),
    Route("GET", "/images/{name:.+}/get", save),
    Route("POST", "/images/{name:.+}/tag", tag),
    Route("POST", "/images/{name:.+}/push", push),
    Route("DELETE", "/images/{name:.+}", remove),
)
