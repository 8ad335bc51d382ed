"""/commit: an image made from a container."""

from __future__ import annotations

from aiohttp import web

from jupyter_containers.api.routing import Route, engine_of, flag, json_answer, json_body, text
from jupyter_containers.api.wire.container_config import settings_from_wire
from jupyter_containers.engine.containers.commit import CommitRequest
from jupyter_containers.oci.reference import Reference


async def commit(request: web.Request) -> web.Response:
    containers = engine_of(request).containers
    body = await json_body(request)
    name = text(request, "repo")
    if name:
        reference = Reference.parse(name)
        tag = text(request, "tag")
        reference = reference.with_tag(tag) if tag else reference.with_default_tag()
    wanted = CommitRequest(
        name=reference if name else None,
        message=text(request, "comment"),
        author=text(request, "author"),
        changes=tuple(request.query.getall("changes", [])),
        settings=settings_from_wire(body) if body else None,
        pause=flag(request, "pause", default=True),
    )
    image_id = await containers.commit(containers.find(text(request, "container")), wanted)
    return json_answer({"Id": str(image_id)}, status=201)


ROUTES = (Route("POST", "/commit", commit),)
