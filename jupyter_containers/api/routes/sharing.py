"""/registry, which Docker has not: a registry inside the daemon, over its own images.

GET     200 {"url", "images"}, or 404 when it does not serve
POST    200 the same; {"listen", "images", "htpasswd", "tlsCertificate", "tlsKey"}, each of which may be left out
DELETE  200 how it served, or 404
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from jupyter_containers.api.routing import Route, engine_of, json_answer, json_body
from jupyter_containers.engine.sharing import Shared, Wanted
from jupyter_containers.errors import InvalidParameter, NotFound

_TEXTS = {"listen": "listen", "htpasswd": "htpasswd", "tlsCertificate": "tls_certificate", "tlsKey": "tls_key"}


async def state(request: web.Request) -> web.Response:
    return _answer(engine_of(request).sharing.state)


async def begin(request: web.Request) -> web.Response:
    wanted = _wanted(await json_body(request))
    return _answer(await engine_of(request).sharing.begin(wanted))


async def end(request: web.Request) -> web.Response:
    return _answer(await engine_of(request).sharing.end())


def _wanted(body: dict[str, Any]) -> Wanted:
    if unknown := body.keys() - {*_TEXTS, "images"}:
        raise InvalidParameter(f"unknown field {', '.join(sorted(unknown))}")
    texts = {ours: body[theirs] for theirs, ours in _TEXTS.items() if body.get(theirs) not in (None, "")}
    images = ["*"] if body.get("images") in (None, []) else body["images"]
    if not isinstance(images, list) or not all(isinstance(text, str) for text in (*images, *texts.values())):
        raise InvalidParameter("listen, htpasswd, tlsCertificate and tlsKey must be texts, images a list of texts")
    return Wanted(images=tuple(images), **texts)


def _answer(shared: Shared | None) -> web.Response:
    if shared is None:
        raise NotFound("the daemon serves no registry; begin with `registry serve --images`")
    return json_answer({"url": shared.url, "images": list(shared.wanted.images)})


ROUTES = (
    Route("GET", "/registry", state),
    Route("POST", "/registry", begin),
    Route("DELETE", "/registry", end),
)
