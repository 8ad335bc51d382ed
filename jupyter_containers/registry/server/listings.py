"""Lists: repositories, tags, and what refers to a manifest."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from aiohttp import web

from jupyter_containers.oci import media_types
from jupyter_containers.oci.digest import Digest
from jupyter_containers.registry.server import documents, refusals, targets
from jupyter_containers.registry.server.pages import Page, page
from jupyter_containers.registry.server.site import Site
from jupyter_containers.registry.server.storage import Storage
from jupyter_containers.registry.server.targets import Target

SEARCH_ENTRIES, MAX_SEARCH_ENTRIES = 25, 100


async def root(site: Site, request: web.Request, target: Target) -> web.StreamResponse:
    """Say that this is a registry, and that the asker may come in."""
    return web.json_response({})


async def catalog(site: Site, request: web.Request, target: Target) -> web.StreamResponse:
    names = await asyncio.to_thread(site.storage.repositories)
    shown = _page(names, "/v2/_catalog", request)
    return _json({"repositories": list(shown.entries)}, shown)


async def search(site: Site, request: web.Request, target: Target) -> web.StreamResponse:
    """Return the repositories with some letters in their names, as the index of the first registry did."""
    wanted, count = request.query.get("q", ""), request.query.get("n", str(SEARCH_ENTRIES))
    names = await asyncio.to_thread(site.storage.repositories)
    shown = page([name for name in names if wanted.lower() in name], "/v1/search", n=count).entries[:MAX_SEARCH_ENTRIES]
    results = [
        {"name": name, "description": "", "star_count": 0, "is_official": False, "is_automated": False}
        for name in shown
    ]
    return web.json_response({"query": wanted, "num_results": len(results), "results": results})


async def tags(site: Site, request: web.Request, target: Target) -> web.StreamResponse:
    if not site.storage.knows(target.name):
        raise refusals.no_repository(target.name)
    found = await asyncio.to_thread(site.storage.tags, target.name)
    shown = _page(found, f"/v2/{target.name}/tags/list", request)
    return _json({"name": target.name, "tags": list(shown.entries)}, shown)


async def referrers(site: Site, request: web.Request, target: Target) -> web.StreamResponse:
    """Return an index of what names this manifest as its subject; empty, never 404, if nothing does."""
    subject, wanted = targets.digest(target.key), request.query.get("artifactType", "")
    entries = await asyncio.to_thread(_referrers, site.storage, target.name, subject)
    if wanted:
        entries = [entry for entry in entries if entry.get("artifactType") == wanted]
    body = {"schemaVersion": 2, "mediaType": media_types.OCI_INDEX, "manifests": entries}
    headers = {"Content-Type": media_types.OCI_INDEX} | ({"OCI-Filters-Applied": "artifactType"} if wanted else {})
    return web.Response(body=json.dumps(body).encode(), headers=headers)


def _referrers(storage: Storage, name: str, subject: Digest) -> list[dict[str, Any]]:
    entries = []
    for digest in storage.referrers(name, subject):
        stored = storage.manifest(name, digest)
        document = documents.read(stored.content, stored.media_type)
        entry: dict[str, Any] = {
            "mediaType": stored.media_type, "digest": str(digest), "size": len(stored.content),
        }  # fmt: skip
        if document.artifact_type:
            entry["artifactType"] = document.artifact_type
        if document.annotations:
            entry["annotations"] = dict(document.annotations)
        entries.append(entry)
    return entries


def _page(entries: list[str], path: str, request: web.Request) -> Page:
    return page(entries, path, n=request.query.get("n"), last=request.query.get("last"))


def _json(body: dict[str, Any], shown: Page) -> web.Response:
    return web.json_response(body, headers={"Link": shown.link} if shown.link else {})
