"""What a request has at hand: storage, uploads, limits; and how a body is read, a bounded piece at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from aiohttp import web

from jupyter_containers.registry.server import refusals
from jupyter_containers.registry.server.folder import FolderStorage
from jupyter_containers.registry.server.quota import Quota
from jupyter_containers.registry.server.refusals import Refusal
from jupyter_containers.registry.server.storage import Storage
from jupyter_containers.registry.server.uploads import Uploads

# What is read before it is written in one step: enough that a thread is worth its while.
PIECE = 1 << 20
# A sender who is silent for so long has gone, and must not keep the upload from the one who comes to resume it.
SILENT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Site:
    """`blob_limit` is in bytes, None: no limit but the disk's; `quota` is for all together."""

    storage: Storage
    uploads: Uploads
    blob_limit: int | None = None
    quota: Quota | None = None

    def take(self, count: int) -> None:
        """Count bytes that are about to be written. Blocks. Raises Refusal beyond the quota."""
        if self.quota is not None:
            self.quota.take(count)

    def changed(self) -> None:
        """Something has gone, or was here already."""
        if self.quota is not None:
            self.quota.changed()


class Bytes(Protocol):
    """Where a body comes from, as aiohttp's StreamReader."""

    async def readany(self) -> bytes: ...


def open_site(root: Path, blob_limit: int | None = None, quota_bytes: int | None = None) -> tuple[Site, FolderStorage]:
    """Return the site in a folder, which is made, and its storage, for the sweep. Mends what a crash left."""
    storage = FolderStorage(root)
    storage.recover()
    uploads = Uploads(root / "uploads", storage.content.publish)
    quota = None
    if quota_bytes is not None:
        quota = Quota(quota_bytes, lambda: storage.size() + uploads.size())
    return Site(storage, uploads, blob_limit, quota), storage


async def pieces(body: Bytes, silent_seconds: float = SILENT_SECONDS) -> AsyncIterator[bytes]:
    """Yield a body in pieces of about a megabyte. When it breaks off, what came before is yielded first.

    Raises Refusal (408) when nothing comes for so long, and what aiohttp raises when the sender is gone.
    """
    gathered = bytearray()
    failure: Exception | None = None
    while failure is None:
        try:
            async with asyncio.timeout(silent_seconds):
                chunk = await body.readany()
        except TimeoutError:
            failure = Refusal(408, "BLOB_UPLOAD_INVALID", f"no bytes came for {silent_seconds:g} s")
        except (web.RequestPayloadError, ConnectionError) as error:
            failure = error
        else:
            if not chunk:
                break
            gathered += chunk
            if len(gathered) >= PIECE:
                yield bytes(gathered)
                gathered.clear()
    if gathered:
        yield bytes(gathered)
    if failure is not None:
        raise failure


async def read_whole(request: web.Request, what: str, limit: int) -> bytes:
    """Return a body of `limit` bytes at most. Raises Refusal (413)."""
    content = bytearray()
    if (request.content_length or 0) > limit:
        raise refusals.too_large(what, limit)
    async for piece in pieces(request.content):
        content += piece
        if len(content) > limit:
            raise refusals.too_large(what, limit)
    return bytes(content)
