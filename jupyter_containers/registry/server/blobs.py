"""Blobs, to be read and to be taken out of a repository."""

from __future__ import annotations

import asyncio

from aiohttp import web

from jupyter_containers.registry.server import ranges, refusals, targets
from jupyter_containers.registry.server.site import Site
from jupyter_containers.registry.server.targets import Target


async def get(site: Site, request: web.Request, target: Target) -> web.StreamResponse:
    """Answer GET and HEAD: the whole, or the one range asked for, from the file without passing through memory."""
    digest = targets.digest(target.key)
    path = await asyncio.to_thread(site.storage.blob, target.name, digest)
    try:
        size = path.stat().st_size
    except FileNotFoundError:  # collected, or deleted, this moment
        raise refusals.no_blob(digest) from None
    ranges.wanted(request.headers.get("Range"), size)
    return web.FileResponse(
        path, headers={"Content-Type": "application/octet-stream", "Docker-Content-Digest": str(digest)}
    )


async def delete(site: Site, request: web.Request, target: Target) -> web.StreamResponse:
    """Take a blob out of this repository; others that have it keep it."""
    await asyncio.to_thread(site.storage.unlink_blob, target.name, targets.digest(target.key))
    return web.Response(status=202)
