"""Uploads on the wire: begun, continued, finished, given up; in one request, in one stream or in chunks."""

from __future__ import annotations

import asyncio
from functools import partial

from aiohttp import web

from jupyter_containers.content.ingest import Ingest
from jupyter_containers.oci.digest import Digest, DigestMismatch
from jupyter_containers.registry.downloads import finish_in_thread
from jupyter_containers.registry.server import ranges, refusals, targets
from jupyter_containers.registry.server.refusals import Refusal
from jupyter_containers.registry.server.site import Site, pieces
from jupyter_containers.registry.server.targets import Target


async def begin(site: Site, request: web.Request, target: Target) -> web.StreamResponse:
    """Begin an upload; or make it unnecessary (`mount`), or take it whole (`digest`)."""
    mount, digest = request.query.get("mount"), request.query.get("digest")
    if mount is not None:
        wanted, source = targets.digest(mount), request.query.get("from")
        if source is not None:
            targets.repository(source)
        if await asyncio.to_thread(_mount, site, target.name, wanted, source):
            return _created(target.name, wanted)
    expected = targets.digest(digest) if digest is not None else None
    session = await asyncio.to_thread(site.uploads.begin, target.name)
    if expected is None:
        return _progress(202, target.name, session, 0)
    try:
        return await _finish(site, request, target.name, session, expected)
    except BaseException:
        # Nobody was told of this session: nobody could continue it.
        site.uploads.cancel(session)
        site.changed()
        raise


async def append(site: Site, request: web.Request, target: Target) -> web.StreamResponse:
    """Take the next bytes (PATCH). What came before a connection broke stays."""
    session = targets.session(target.key)
    with site.uploads.hold(session, target.name):
        ingest = await asyncio.to_thread(site.uploads.open, session)
        try:
            await _receive(site, request, target.name, session, ingest)
        finally:
            site.uploads.keep(session, ingest)
        return _progress(202, target.name, session, ingest.offset)


async def finish(site: Site, request: web.Request, target: Target) -> web.StreamResponse:
    """Take the last bytes, if any, and make a blob of all (PUT)."""
    session, digest = targets.session(target.key), request.query.get("digest")
    site.uploads.check(session, target.name)
    if digest is None:
        raise refusals.bad_digest("")
    return await _finish(site, request, target.name, session, targets.digest(digest))


async def status(site: Site, request: web.Request, target: Target) -> web.StreamResponse:
    """Tell how much is there (GET)."""
    session = targets.session(target.key)
    offset = await asyncio.to_thread(site.uploads.offset, session, target.name)
    return _progress(204, target.name, session, offset)


async def cancel(site: Site, request: web.Request, target: Target) -> web.StreamResponse:
    """Throw away what came (DELETE)."""
    session = targets.session(target.key)
    with site.uploads.hold(session, target.name):
        await asyncio.to_thread(site.uploads.cancel, session)
    site.changed()
    return web.Response(status=204)


async def _finish(site: Site, request: web.Request, name: str, session: str, expected: Digest) -> web.StreamResponse:
    with site.uploads.hold(session, name):
        ingest = await asyncio.to_thread(site.uploads.open, session)
        try:
            await _receive(site, request, name, session, ingest)
            await finish_in_thread(partial(site.uploads.commit, session, ingest, expected))
            site.changed()  # it may have been here already
        except DigestMismatch as error:
            ingest.abort()
            await asyncio.to_thread(site.uploads.cancel, session)
            site.changed()
            raise Refusal(400, "DIGEST_INVALID", error.message) from error
        except BaseException:
            site.uploads.keep(session, ingest)
            raise
    await asyncio.to_thread(site.storage.link_blob, name, expected)
    return _created(name, expected)


async def _receive(site: Site, request: web.Request, name: str, session: str, ingest: Ingest) -> None:
    """Append the body to an upload. Raises Refusal when it does not begin where the upload ends, or is too long."""
    length = request.content_length
    span = ranges.sent(request.headers.get("Content-Range"), length) if length != 0 else None
    start = ingest.offset
    if span is not None and span.start != start:
        refused = Refusal(416, "BLOB_UPLOAD_INVALID", f"the upload has {start} bytes; the next must be at {start}")
        refused.headers.update(_where(name, session, start))
        raise refused
    limit = site.blob_limit
    if limit is not None and start + (length or 0) > limit:
        raise refusals.too_large("the blob", limit)
    async for piece in pieces(request.content):
        if limit is not None and ingest.offset + len(piece) > limit:
            raise refusals.too_large("the blob", limit)
        if span is not None and ingest.offset + len(piece) > span.start + span.count:
            raise Refusal(400, "SIZE_INVALID", f"more bytes came than the {span.count} of Content-Range")
        # Finished before the upload is given back, whatever ends this: the next request goes on after it.
        await finish_in_thread(partial(_write, site, ingest, piece))
    if span is not None and ingest.offset != span.start + span.count:
        raise Refusal(400, "SIZE_INVALID", f"fewer bytes came than the {span.count} of Content-Range")


def _write(site: Site, ingest: Ingest, piece: bytes) -> None:
    site.take(len(piece))
    ingest.write(piece)


def _mount(site: Site, name: str, digest: Digest, source: str | None) -> bool:
    """Show a blob of another repository here too; without `source`, whichever has it."""
    if source is not None and site.storage.blob_size(source, digest) is None:
        return False
    if source is None and not site.storage.holds(digest):
        return False
    try:
        site.storage.link_blob(name, digest)
    except Refusal:
        return False
    return True


def _created(name: str, digest: Digest) -> web.Response:
    location = f"/v2/{name}/blobs/{digest}"
    return web.Response(status=201, headers={"Location": location, "Docker-Content-Digest": str(digest)})


def _progress(status_code: int, name: str, session: str, offset: int) -> web.Response:
    return web.Response(status=status_code, headers=_where(name, session, offset))


def _where(name: str, session: str, offset: int) -> dict[str, str]:
    return {
        "Location": f"/v2/{name}/blobs/uploads/{session}",
        "Range": ranges.received(offset),
        "Docker-Upload-UUID": session,
    }
