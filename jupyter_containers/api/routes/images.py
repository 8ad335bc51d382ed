"""/images: list, pull, import, load, inspect, history, tag, remove, prune."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import NoReturn

from aiohttp import web

from jupyter_containers.api import filters
from jupyter_containers.api.json_lines import JsonLines, Outbox
from jupyter_containers.api.routing import Route, engine_of, flag, json_answer, text
from jupyter_containers.api.wire.images import history_json, image_json, removed_json, summary_json
from jupyter_containers.api.wire.progress import progress_json
from jupyter_containers.engine.images import Images, ImageView
from jupyter_containers.errors import InvalidParameter, Unsupported
from jupyter_containers.oci.digest import Digest
from jupyter_containers.oci.platform import Platform
from jupyter_containers.oci.reference import Reference
from jupyter_containers.registry import Progress, from_header

_LIST_FILTERS = {"before", "dangling", "label", "reference", "since", "until"}
_CHUNK = 256 * 1024


async def list_images(request: web.Request) -> web.Response:
    images, wanted = engine_of(request).images, filters.parse(request, _LIST_FILTERS)
    if "until" in wanted:
        raise Unsupported("filter 'until' of the image list is not supported yet")
    before = [(await images.find(name)).record.created_at for name in wanted.get("before", ())]
    since = [(await images.find(name)).record.created_at for name in wanted.get("since", ())]
    answer = []
    for view in images.all():
        created = view.record.created_at
        if _matches(images, view, wanted) and all(created < b for b in before) and all(created > s for s in since):
            counted = len(images.users(view.id)) if flag(request, "shared-size") else -1
            answer.append(summary_json(view, counted))
    return json_answer(answer)


def _matches(images: Images, view: ImageView, wanted: filters.Filters) -> bool:
    if "dangling" in wanted and (not view.tags) != (wanted["dangling"][0].lower() in ("1", "true")):
        return False
    patterns = wanted.get("reference", ())
    if patterns and not any(images.matches_reference(view, pattern) for pattern in patterns):
        return False
    return filters.label_matches(view.config.process.labels, wanted.get("label", ()))


async def create(request: web.Request) -> web.StreamResponse:
    """Pull (`fromImage`) or import (`fromSrc`)."""
    if text(request, "fromSrc"):
        return await _import(request)
    reference = _reference(text(request, "fromImage"), text(request, "tag"))
    platform = Platform.parse(text(request, "platform")) if text(request, "platform") else None
    credentials = from_header(request.headers.get("X-Registry-Auth"))
    async with JsonLines(request) as lines, Outbox(lines) as outbox:
        familiar = reference.familiar_repository
        begin = f"Pulling from {reference.repository.removeprefix('docker.io/').removeprefix(reference.domain + '/')}"
        started = False

        def tell(step: Progress) -> None:
            nonlocal started
            if not started:
                started = True
                outbox.put({"status": begin, "id": reference.tag or str(reference.digest)})
            outbox.put(progress_json(step))

        pulled = await engine_of(request).transfers.pull(
            reference, platform=platform, credentials=credentials, progress=tell
        )
        outbox.put({"status": f"Digest: {pulled.digest}"})
        name = f"{familiar}:{reference.tag}" if reference.tag else reference.familiar
        verdict = "Downloaded newer image for" if pulled.is_new else "Image is up to date for"
        outbox.put({"status": f"Status: {verdict} {name}"})
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
    wanted = filters.parse(request, {"dangling", "label", "until"})
    if "until" in wanted:
        raise Unsupported("filter 'until' of image prune is not supported yet")
    only_dangling = wanted.get("dangling", ("true",))[0].lower() in ("1", "true")
    removed, freed = await engine_of(request).images.prune(
        lambda view: (
            (not view.tags or not only_dangling)
            and filters.label_matches(view.config.process.labels, wanted.get("label", ()))
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
