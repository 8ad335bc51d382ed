"""/containers/…: archive (docker cp), export and changes."""

from __future__ import annotations

import asyncio
import base64
import json
import stat
from typing import Any

from aiohttp import web

from jupyter_containers.api.blocking import receive_in_thread, send_from_thread
from jupyter_containers.api.naming import container_of
from jupyter_containers.api.routing import Route, engine_of, flag, json_answer, text
from jupyter_containers.api.wire.times import rfc3339
from jupyter_containers.engine.containers import files
from jupyter_containers.engine.own_threads import in_own_thread
from jupyter_containers.errors import InvalidParameter
from jupyter_containers.layers.archive import PathStatus
from jupyter_containers.layers.compression import Readable

# Go's os.FileMode: the type is in the high bits. Source: Go, package io/fs, FileMode.
_GO_TYPES = (
    (stat.S_ISDIR, 1 << 31), (stat.S_ISLNK, 1 << 27), (stat.S_ISBLK, 1 << 26), (stat.S_ISFIFO, 1 << 25),
    (stat.S_ISSOCK, 1 << 24), (stat.S_ISCHR, 1 << 26 | 1 << 21),
)  # fmt: skip
_GO_BITS = ((stat.S_ISUID, 1 << 23), (stat.S_ISGID, 1 << 22), (stat.S_ISVTX, 1 << 20))
MAX_ENTRIES = 1000
_KINDS = {"C": 0, "A": 1, "D": 2}


async def look(request: web.Request) -> web.StreamResponse:
    found = await _status(request)
    return web.Response(headers=_status_header(found))


async def get(request: web.Request) -> web.StreamResponse:
    found = await _status(request)
    roster, container, path = engine_of(request).containers.roster, container_of(request), text(request, "path")
    response = web.StreamResponse(headers={"Content-Type": "application/x-tar", **_status_header(found)})
    return await send_from_thread(request, response, lambda write: files.pack(roster, container, path, write))


async def _status(request: web.Request) -> PathStatus:
    roster, container = engine_of(request).containers.roster, container_of(request)
    return await in_own_thread(lambda: files.status(roster, container, text(request, "path")))


def _status_header(found: PathStatus) -> dict[str, str]:
    return {"X-Docker-Container-Path-Stat": base64.b64encode(json.dumps(_status_json(found)).encode()).decode()}


def _status_json(found: PathStatus) -> dict[str, Any]:
    return {
        "name": found.name,
        "size": found.size,
        "mode": go_mode(found.mode),
        "mtime": rfc3339(found.mtime_ns),
        "linkTarget": found.link_target,
    }


def go_mode(mode: int) -> int:
    """Return st_mode as Go writes a file's mode."""
    bits = stat.S_IMODE(mode) & 0o777
    bits |= sum(go for is_type, go in _GO_TYPES if is_type(mode))
    return bits | sum(go for bit, go in _GO_BITS if mode & bit)


async def put(request: web.Request) -> web.StreamResponse:
    roster, container, path = engine_of(request).containers.roster, container_of(request), text(request, "path")
    if not path:
        raise InvalidParameter("bad parameter: path cannot be empty")
    keep_kind, owned_by_user = flag(request, "noOverwriteDirNonDir"), flag(request, "copyUIDGID")

    def extract(body: Readable) -> None:
        files.extract(roster, container, path, body, keep_kind=keep_kind, owned_by_user=owned_by_user)

    await receive_in_thread(request, extract)
    return web.Response()


async def export(request: web.Request) -> web.StreamResponse:
    roster, container = engine_of(request).containers.roster, container_of(request)
    response = web.StreamResponse(headers={"Content-Type": "application/octet-stream"})
    return await send_from_thread(request, response, lambda write: files.export(roster, container, write))


async def changes(request: web.Request) -> web.StreamResponse:
    roster, container = engine_of(request).containers.roster, container_of(request)
    found = await asyncio.to_thread(files.list_changes, roster, container)
    return json_answer([{"Path": change.path, "Kind": _KINDS[change.kind]} for change in found] or None)


async def folder(request: web.Request) -> web.StreamResponse:
    """Answer with what is in a folder, at most MAX_ENTRIES of it. Docker's API has nothing of the kind."""
    roster, container, path = engine_of(request).containers.roster, container_of(request), text(request, "path", "/")
    found, count = await in_own_thread(lambda: files.folder(roster, container, path, MAX_ENTRIES))
    return json_answer({"Entries": [_status_json(one) for one in found], "Count": count})


ROUTES = (
    Route("HEAD", "/containers/{name}/archive", look),
    Route("GET", "/containers/{name}/archive", get),
    Route("PUT", "/containers/{name}/archive", put),
    Route("GET", "/containers/{name}/export", export),
    Route("GET", "/containers/{name}/changes", changes),
    Route("GET", "/containers/{name}/folder", folder),
)
