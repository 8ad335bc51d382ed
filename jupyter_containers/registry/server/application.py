"""The application: one door for all requests, a table of who answers what, and refusals in the protocol's words."""

from __future__ import annotations

import asyncio
import errno
import logging
from collections.abc import Awaitable, Callable

from aiohttp import web

from jupyter_containers.content.ingest import StoreFull
from jupyter_containers.errors import ContainersError
from jupyter_containers.registry.server import blobs, listings, manifests, sessions
from jupyter_containers.registry.server.refusals import Refusal
from jupyter_containers.registry.server.site import Site
from jupyter_containers.registry.server.targets import Kind, Target, target_of
from jupyter_containers.registry.server.users import Users

_log = logging.getLogger(__name__)

Answerer = Callable[[Site, web.Request, Target], Awaitable[web.StreamResponse]]
VERSION = {"Docker-Distribution-API-Version": "registry/2.0"}
_CHALLENGE = {"WWW-Authenticate": 'Basic realm="jupyter-containers registry", charset="UTF-8"'}

ANSWERS: dict[Kind, dict[str, Answerer]] = {
    Kind.ROOT: {"GET": listings.root, "HEAD": listings.root},
    Kind.CATALOG: {"GET": listings.catalog},
    Kind.TAGS: {"GET": listings.tags},
    Kind.REFERRERS: {"GET": listings.referrers},
    Kind.BLOB: {"GET": blobs.get, "HEAD": blobs.get, "DELETE": blobs.delete},
    Kind.MANIFEST: {
        "GET": manifests.get, "HEAD": manifests.get, "PUT": manifests.put, "DELETE": manifests.delete,
    },
    Kind.UPLOADS: {"POST": sessions.begin},
    Kind.UPLOAD: {
        "GET": sessions.status, "PATCH": sessions.append, "PUT": sessions.finish, "DELETE": sessions.cancel,
    },
}  # fmt: skip


def application(site: Site, users: Users | None = None) -> web.Application:
    """Return the registry as an aiohttp application. `users`: who may come in; None: everybody."""

    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            response = await _answer(site, users, request)
        except Refusal as refusal:
            response = refused(refusal)
        except StoreFull as error:
            response = refused(Refusal(507, "UNKNOWN", error.message))
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            response = refused(Refusal(507, "UNKNOWN", "no space left on the registry's disk"))
        except ContainersError as error:
            # What is broken here (a damaged blob, a password file that cannot be read) is no business of the asker.
            _log.error("%s %s: %s", request.method, request.rel_url.raw_path, error.message)
            response = refused(Refusal(500, "UNKNOWN", "the registry failed; its log says why"))
        response.headers.update(VERSION)
        return response

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    return app


async def _answer(site: Site, users: Users | None, request: web.Request) -> web.StreamResponse:
    if users is not None:
        authorization = request.headers.get("Authorization", "")
        # In a thread: proving a password takes a tenth of a second on purpose.
        if not authorization or not await asyncio.to_thread(users.admits, authorization):
            raise Refusal(401, "UNAUTHORIZED", "a name and a password are required", _CHALLENGE)
    target = target_of(request.rel_url.raw_path)
    answers = ANSWERS[target.kind]
    if request.method not in answers:
        allowed = ", ".join(answers)
        raise Refusal(405, "UNSUPPORTED", f"{request.method} is not for this; there is {allowed}", {"Allow": allowed})
    try:
        return await answers[request.method](site, request, target)
    except (web.RequestPayloadError, ConnectionError):
        raise Refusal(400, "BLOB_UPLOAD_INVALID", "the body broke off") from None


def refused(refusal: Refusal) -> web.Response:
    """Return a refusal as an answer."""
    headers = {"Content-Type": "application/json"} | refusal.headers
    return web.Response(status=refusal.answer_status, body=refusal.body(), headers=headers)
