"""Manifests: exact bytes in, the same bytes out."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from aiohttp import web

from jupyter_containers.oci.digest import Digest
from jupyter_containers.registry.server import documents, refusals, targets
from jupyter_containers.registry.server.documents import Document
from jupyter_containers.registry.server.refusals import Refusal
from jupyter_containers.registry.server.site import Site, read_whole
from jupyter_containers.registry.server.storage import Storage, Stored
from jupyter_containers.registry.server.targets import Target


async def get(site: Site, request: web.Request, target: Target) -> web.StreamResponse:
    """Answer GET and HEAD. Accept is not asked: there is one form of a manifest, and its digest names it."""
    reference = targets.reference(target.key)
    stored = await asyncio.to_thread(_find, site.storage, target.name, reference)
    headers = {
        "Content-Type": stored.media_type,
        "Docker-Content-Digest": str(stored.digest),
        "ETag": f'"{stored.digest}"',
    }
    return web.Response(body=stored.content, headers=headers)


async def put(site: Site, request: web.Request, target: Target) -> web.StreamResponse:
    """Take a manifest under a digest or a tag, once all that it refers to is in the repository."""
    reference = targets.reference(target.key)
    tags = [targets.tag(tag) for tag in request.query.getall("tag", [])]
    content = await read_whole(request, "the manifest", documents.LIMIT)
    if isinstance(reference, str):
        digest, tags = Digest.of(content), [reference, *tags]
    else:
        digest = Digest.of(content, reference.algorithm)
        if digest != reference:
            raise Refusal(400, "DIGEST_INVALID", f"the manifest has the digest {digest}, not {reference}")
    document = documents.read(content, request.headers.get("Content-Type", ""))
    stored = Stored(digest, document.media_type, content)
    await asyncio.to_thread(_keep, site, target.name, stored, document, tags)
    answer = web.Response(status=201)
    answer.headers["Location"] = f"/v2/{target.name}/manifests/{digest}"
    answer.headers["Docker-Content-Digest"] = str(digest)
    if document.subject is not None:
        answer.headers["OCI-Subject"] = str(document.subject)
    for tag in request.query.getall("tag", []):
        answer.headers.add("OCI-Tag", tag)
    return answer


async def delete(site: Site, request: web.Request, target: Target) -> web.StreamResponse:
    """Take away a tag; or a manifest, and with it its tags."""
    reference = targets.reference(target.key)
    if isinstance(reference, str):
        await asyncio.to_thread(site.storage.untag, target.name, reference)
    else:
        await asyncio.to_thread(site.storage.delete_manifest, target.name, reference)
    return web.Response(status=202)


def _find(storage: Storage, name: str, reference: Digest | str) -> Stored:
    if not storage.knows(name):
        raise refusals.no_repository(name)
    digest = storage.resolve(name, reference) if isinstance(reference, str) else reference
    return storage.manifest(name, digest)


def _keep(site: Site, name: str, stored: Stored, document: Document, tags: Sequence[str]) -> None:
    storage = site.storage
    for blob in document.blobs:
        size = storage.blob_size(name, blob.digest)
        if size is None and documents.is_elsewhere(blob):
            continue
        if size is None:
            raise Refusal(400, "MANIFEST_BLOB_UNKNOWN", f"the manifest names {blob.digest}, which is not in {name}")
        if size != blob.size:
            raise refusals.bad_manifest(f"the manifest says that {blob.digest} has {blob.size} bytes; it has {size}")
    for child in document.children:
        if not storage.has_manifest(name, child.digest):
            raise Refusal(400, "MANIFEST_BLOB_UNKNOWN", f"the index names {child.digest}, which is not in {name}")
    if not storage.has_manifest(name, stored.digest):
        site.take(len(stored.content))
    try:
        storage.put_manifest(name, stored, tags=tags, subject=document.subject)
    finally:
        site.changed()  # another repository may have had it, or it was not kept
