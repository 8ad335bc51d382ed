"""Which tags stay: what a repository got lately, or what its keeper has named. The rest goes, and what only it needed.

What an image that stays consists of is never taken: the images of its platforms, and what refers to it.
"""

from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from jupyter_containers.errors import ContainersError
from jupyter_containers.oci.digest import Digest
from jupyter_containers.registry.server import documents
from jupyter_containers.registry.server.folder import MANIFESTS, FolderStorage

_DAY_SECONDS = 24 * 3600
_COMPANION = re.compile(r"sha256-([0-9a-f]{64})(?:\.[a-z]+)?")


@dataclass(frozen=True, slots=True)
class Keeping:
    """A tag stays for any of these: it is one of the `newest` of its repository, it was pushed within `days`, or it
    matches one of `patterns`. None: no reason to stay."""

    newest: int | None = None
    days: float | None = None
    patterns: tuple[str, ...] = ()

    def removes(self, tags: Iterable[tuple[str, float]], now: float) -> list[str]:
        """Return which of a repository's tags go; `tags` come with the time of their last push, in seconds."""
        gone = []
        for place, (tag, pushed) in enumerate(sorted(tags, key=lambda one: (-one[1], one[0]))):
            is_new = self.newest is not None and place < self.newest
            is_young = self.days is not None and now - pushed <= self.days * _DAY_SECONDS
            if not (is_new or is_young or any(fnmatchcase(tag, pattern) for pattern in self.patterns)):
                gone.append(tag)
        return gone


def retain(storage: FolderStorage, keeping: Keeping) -> list[str]:
    """Remove the tags that do not stay, and manifests that they alone led to; return the former as NAME:TAG.

    Blobs are left to the sweep. Holds the storage's lock for one repository at a time. A repository with a manifest
    that cannot be read is left alone: it does not say what it needs.
    """
    removed: list[str] = []
    for name in storage.repositories():
        with storage.lock:
            removed += (f"{name}:{tag}" for tag in _retain_in(storage, name, keeping))
    return removed


def _retain_in(storage: FolderStorage, name: str, keeping: Keeping) -> list[str]:
    pushed = dict(storage.pushed(name))
    companions = {tag: subject for tag in pushed if (subject := _subject_of(tag)) is not None}
    gone = keeping.removes([one for one in pushed.items() if one[0] not in companions], time.time())
    if not gone:
        return []
    targets = {tag: storage.resolve(name, tag) for tag in pushed}
    try:
        needs = _needs(storage, name)
    except ContainersError:
        return []
    for tag, subject in companions.items():
        needs[subject].add(targets[tag])
    lost = _reached(needs, {targets[tag] for tag in gone})
    staying = {targets[tag] for tag in pushed.keys() - companions.keys() - set(gone)}
    # What was pushed by its digest alone has no tag that could go.
    doomed = lost - _reached(needs, staying | (set(storage.digests(name, MANIFESTS)) - lost))
    gone += [tag for tag, subject in companions.items() if subject in doomed]
    for tag in gone:
        storage.untag(name, tag)
    for digest in doomed:
        if storage.has_manifest(name, digest):
            storage.delete_manifest(name, digest)
    return gone


def _subject_of(tag: str) -> Digest | None:
    """Return which manifest a tag such as sha256-….sig belongs to: signers use them where there are no referrers."""
    found = _COMPANION.fullmatch(tag)
    return Digest("sha256", found[1]) if found else None


def _needs(storage: FolderStorage, name: str) -> defaultdict[Digest, set[Digest]]:
    """Return what stays with each manifest of a repository: the images of its platforms, and what refers to it."""
    needs: defaultdict[Digest, set[Digest]] = defaultdict(set)
    for digest in storage.digests(name, MANIFESTS):
        stored = storage.manifest(name, digest)
        document = documents.read(stored.content, stored.media_type)
        needs[digest].update(child.digest for child in document.children)
        if document.subject is not None:
            needs[document.subject].add(digest)
    return needs


def _reached(needs: Mapping[Digest, set[Digest]], roots: set[Digest]) -> set[Digest]:
    """Return roots, what stays with them, what stays with that, and so on."""
    found, waiting = set(roots), list(roots)
    while waiting:
        new = needs.get(waiting.pop(), set()) - found
        found |= new
        waiting += new
    return found
