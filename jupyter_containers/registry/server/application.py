"""The application: one door for all requests, a table of who answers what, and refusals in the protocol's words."""

from __future__ import annotations

import asyncio
import errno
import logging
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager, nullcontext

from aiohttp import web

from jupyter_containers.content.ingest import StoreFull
from jupyter_containers.errors import ContainersError
from jupyter_containers.registry.server import blobs, listings, manifests, sessions
from jupyter_containers.registry.server.metrics import PATH, Metrics
from jupyter_containers.registry.server.pace import Pace
from jupyter_containers.registry.server.refusals import Refusal
from jupyter_containers.registry.server.site import Site
from jupyter_containers.registry.server.targets import Kind, Target, target_of
from jupyter_containers.registry.server.users import Users

_log = logging.getLogger(__name__)

# What makes blobs and manifests. PATCH only lets a file grow that is none yet, and takes as long as its sender likes.
_WRITING = frozenset({"POST", "PUT"})
_READING = ("GET", "HEAD")
Answerer = Callable[[Site, web.Request, Target], Awaitable[web.StreamResponse]]
VERSION = {"Docker-Distribution-API-Version": "registry/2.0"}
# Who guesses passwords must not take all threads, and all cores, from those who know theirs.
_PROOFS_AT_ONCE = 2
_CHALLENGE = {"WWW-Authenticate": 'Basic realm="jupyter-containers registry", charset="UTF-8"'}

ANSWERS: dict[Kind, dict[str, Answerer]] = {
    Kind.ROOT: {"GET": listings.root, "HEAD": listings.root},
    Kind.CATALOG: {"GET": listings.catalog},
    Kind.SEARCH: {"GET": listings.search},
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


def application(
    site: Site,
    users: Users | None = None,
    writing: Callable[[], AbstractAsyncContextManager[None]] = nullcontext,
    *,
    read_only: bool = False,
    metrics: Metrics | None = None,
    pace: Pace | None = None,
) -> web.Application:
    """Return the registry as an aiohttp application. `users`: who may come in; None: everybody.

    `writing` makes the block in which content comes in, for who collects the garbage of a shared store.
    `read_only`: nothing is taken, and nothing removed. `metrics` are answered to who may come in; None: they are not.
    `pace`: how often one address may ask; None: as often as it likes.
    """
    turns = asyncio.Semaphore(_PROOFS_AT_ONCE)

    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            await _admit(users, turns, pace, request)
            if read_only:
                _check_reads(request)
            async with writing() if request.method in _WRITING else nullcontext():
                response = await _answer(site, request, metrics)
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

    return _routed(answer, metrics)


def _routed(answer: Callable[[web.Request], Awaitable[web.StreamResponse]], metrics: Metrics | None) -> web.Application:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    if metrics is not None:
        app.on_response_prepare.append(_counting(metrics))
    return app


def _check_reads(request: web.Request) -> None:
    if request.method not in _READING:
        raise Refusal(405, "UNSUPPORTED", "this registry is read-only", {"Allow": ", ".join(_READING)})


def _counting(metrics: Metrics) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    # When an answer is prepared its status is what goes out: before, that of a file may be another.
    async def count(request: web.Request, response: web.StreamResponse) -> None:
        metrics.count(request.method, response.status)

    return count


async def _admit(users: Users | None, turns: asyncio.Semaphore, pace: Pace | None, request: web.Request) -> None:
    """Raise Refusal for who may not come in, or comes too often."""
    if pace is not None:  # first of all: guesses of passwords count, too
        pace.take(request.remote or "")
    if users is None:
        return
    if authorization := request.headers.get("Authorization", ""):
        # In a thread: proving a password takes a tenth of a second on purpose.
        async with turns:
            if await asyncio.to_thread(users.admits, authorization):
                return
    raise Refusal(401, "UNAUTHORIZED", "a name and a password are required", _CHALLENGE)


async def _answer(site: Site, request: web.Request, metrics: Metrics | None) -> web.StreamResponse:
    if metrics is not None and request.rel_url.raw_path == PATH:
        if request.method not in _READING:
            raise _not_for_this(request.method, _READING)
        return await metrics.answer()
    target = target_of(request.rel_url.raw_path)
    answers = ANSWERS[target.kind]
    if request.method not in answers:
        raise _not_for_this(request.method, answers)
    try:
        return await answers[request.method](site, request, target)
    except (web.RequestPayloadError, ConnectionError):
        raise Refusal(400, "BLOB_UPLOAD_INVALID", "the body broke off") from None


def _not_for_this(method: str, methods: Iterable[str]) -> Refusal:
    allowed = ", ".join(methods)
    return Refusal(405, "UNSUPPORTED", f"{method} is not for this; there is {allowed}", {"Allow": allowed})


def refused(refusal: Refusal) -> web.Response:
    """Return a refusal as an answer."""
    headers = {"Content-Type": "application/json"} | refusal.headers
    return web.Response(status=refusal.answer_status, body=refusal.body(), headers=headers)
