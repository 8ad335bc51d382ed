"""The sweep: what no manifest refers to and nobody has asked for lately goes, while the registry goes on serving."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jupyter_containers.errors import ContainersError
from jupyter_containers.oci.digest import Digest
from jupyter_containers.registry.server.documents import digests_in
from jupyter_containers.registry.server.folder import BLOBS, MANIFESTS, FolderStorage


def sweep(storage: FolderStorage, idle_seconds: float) -> int:
    """Remove blobs that nothing needs; return how many bytes that freed.

    `idle_seconds` protects pushes that are under way: their blobs come before the manifest that refers to them.
    Holds the storage's lock for one repository at a time, then once while content is compared with the links.
    """
    limit = time.time() - idle_seconds
    sweep_links(storage, idle_seconds)
    with storage.lock:
        shown = storage.shown()
        return sum(_remove(storage, digest, limit) for digest in list(storage.content) if digest not in shown)


def sweep_links(storage: FolderStorage, idle_seconds: float) -> None:
    """Take from repositories the blobs that none of their manifests needs; the content itself stays."""
    limit = time.time() - idle_seconds
    for name in storage.all_repositories():
        with storage.lock:
            _sweep_repository(storage, name, limit)


def _sweep_repository(storage: FolderStorage, name: str, limit: float) -> None:
    blobs = set(storage.digests(name, BLOBS))
    if not blobs:
        return
    needed: set[Digest] = set()
    for digest in storage.digests(name, MANIFESTS):
        try:
            needed.update(_needs(storage, name, digest))
        except ContainersError:
            # A manifest that cannot be read does not say what it needs; nothing of this repository may go.
            return
    for digest in blobs - needed:
        link = storage.place(name, BLOBS, digest)
        if _touched(link) < limit:
            link.unlink(missing_ok=True)


def _needs(storage: FolderStorage, name: str, digest: Digest) -> Iterator[Digest]:
    document: Any = json.loads(storage.manifest(name, digest).content)
    yield from digests_in(document)


def _remove(storage: FolderStorage, digest: Digest, limit: float) -> int:
    path = storage.content.path(digest)
    if _touched(path) >= limit:
        return 0
    size = path.stat().st_size
    storage.content.delete(digest)
    return size


def _touched(path: Path) -> float:
    """Return when a file came or was last renamed or asked for: the later of both times."""
    status = path.stat()
    return max(status.st_mtime, status.st_ctime)
