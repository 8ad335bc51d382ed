"""The daemon's images as repositories of a registry, beside what was pushed to it; nothing is copied.

An image that is called `team/app:1` here is `team/app:1` there, read from the blobs as they lie in the content store;
where the name has an index, and all that this lists is here, the index. An index that an image was pulled from is
answered by its digest, though it lists images that are not here: who has pinned it gets the image that is.

Such a name cannot be changed from outside: it is its owner's, who uses tag and rmi. Images of other registries are not
offered, since who may have them is not for us to say; nor is what stands on this machine's own root. What came from
Docker Hub is offered: its names are like those that are given here, and patterns leave out what is not meant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from jupyter_containers.content.store import DirectoryStore
from jupyter_containers.engine.images import HOST_NAME, ImageView
from jupyter_containers.errors import ContainersError
from jupyter_containers.images.walk import Indexed
from jupyter_containers.oci.digest import Digest
from jupyter_containers.oci.manifest import Index, parse_manifest
from jupyter_containers.oci.reference import DEFAULT_DOMAIN, Reference
from jupyter_containers.registry.server import documents
from jupyter_containers.registry.server.folder import FolderStorage
from jupyter_containers.registry.server.refusals import Refusal
from jupyter_containers.registry.server.storage import Stored


@dataclass(frozen=True, slots=True)
class _Offer:
    """One name of an image of the daemon: `repository` and `tag` are what it is called here."""

    repository: str
    tag: str
    view: ImageView
    index: Indexed | None

    @property
    def target(self) -> Digest:
        return (self.index or self.view.image).descriptor.digest

    @property
    def manifests(self) -> dict[Digest, str]:
        """The media types of all manifests that can be asked for."""
        found = {self.view.image.descriptor.digest: self.view.image.manifest.media_type}
        if self.index is not None:
            found[self.index.descriptor.digest] = self.index.index.media_type
            found |= {part.entry.digest: part.manifest.media_type for part in self.index.parts}
        return found

    @property
    def blobs(self) -> set[Digest]:
        """What the manifests lead to."""
        manifests = [self.view.image.manifest, *(part.manifest for part in (self.index.parts if self.index else ()))]
        return {blob.digest for manifest in manifests for blob in (manifest.config, *manifest.layers)}


class OfferedImages:
    """A Storage: `pushed` is what came from outside, `views` answers all images of the daemon, `index_of` its indexes.

    `patterns` choose among their names, as `team/*`.
    """

    def __init__(
        self,
        pushed: FolderStorage,
        content: DirectoryStore,
        views: Callable[[], Iterable[ImageView]],
        patterns: Sequence[str],
        index_of: Callable[[Reference], Indexed | None] = lambda _reference: None,
    ) -> None:
        self._pushed = pushed
        self._content = content
        self._views = views
        self._patterns = patterns
        self._index_of = index_of

    def repositories(self) -> list[str]:
        return sorted({*self._pushed.repositories(), *(name for name, _, _ in self._names())})

    def knows(self, name: str) -> bool:
        return self._pushed.knows(name) or any(True for _ in self._names(name))

    def tags(self, name: str) -> list[str]:
        return sorted({*self._pushed.tags(name), *(reference.tag or "" for _, reference, _ in self._names(name))})

    def resolve(self, name: str, tag: str) -> Digest:
        for offer in self._offers(name):
            if offer.tag == tag:
                return offer.target
        return self._pushed.resolve(name, tag)

    def manifest(self, name: str, digest: Digest) -> Stored:
        media_type = self._offer(name, digest)
        if media_type is None:
            return self._pushed.manifest(name, digest)
        return Stored(digest, media_type, self._content.read(digest))

    def has_manifest(self, name: str, digest: Digest) -> bool:
        return self._offer(name, digest) is not None or self._pushed.has_manifest(name, digest)

    def put_manifest(
        self, name: str, stored: Stored, *, tags: Sequence[str] = (), subject: Digest | None = None
    ) -> None:
        free = [tag for tag in tags if not self._is_owned(name, tag, stored)]
        self._pushed.put_manifest(name, stored, tags=free, subject=subject)

    def untag(self, name: str, tag: str) -> None:
        if any(reference.tag == tag for _, reference, _ in self._names(name)):
            raise _owned(f"{name}:{tag}")
        self._pushed.untag(name, tag)

    def delete_manifest(self, name: str, digest: Digest) -> None:
        if self._offer(name, digest) is not None and not self._pushed.has_manifest(name, digest):
            raise _owned(name)
        self._pushed.delete_manifest(name, digest)

    def referrers(self, name: str, subject: Digest) -> list[Digest]:
        return self._pushed.referrers(name, subject)

    def blob(self, name: str, digest: Digest) -> Path:
        return self._content.path(digest) if self._shows(name, digest) else self._pushed.blob(name, digest)

    def blob_size(self, name: str, digest: Digest) -> int | None:
        return self._content.size(digest) if self._shows(name, digest) else self._pushed.blob_size(name, digest)

    def holds(self, digest: Digest) -> bool:
        # Not whatever the daemon has: who knows a digest must not get by it what is not offered.
        return any(digest in offer.blobs for offer in self._offers())

    def link_blob(self, name: str, digest: Digest) -> None:
        self._pushed.link_blob(name, digest)

    def unlink_blob(self, name: str, digest: Digest) -> None:
        if self._shows(name, digest) and self._pushed.blob_size(name, digest) is None:
            raise _owned(name)
        self._pushed.unlink_blob(name, digest)

    def _shows(self, name: str, digest: Digest) -> bool:
        return self._content.contains(digest) and any(digest in offer.blobs for offer in self._offers(name))

    def _offer(self, name: str, digest: Digest) -> str | None:
        """Return the media type of a manifest that a repository offers."""
        found = next((found for offer in self._offers(name) if (found := offer.manifests.get(digest))), None)
        return found or self._index_type(name, digest)

    def _index_type(self, name: str, digest: Digest) -> str | None:
        """Return the media type of an index that an image of the repository was pulled from by this digest."""
        for _, reference, view in self._names(name):
            if f"{reference.repository}@{digest}" in view.record.repo_digests and self._content.contains(digest):
                try:
                    document = parse_manifest(self._content.read(digest))
                except ContainersError:
                    return None  # damaged
                return document.media_type if isinstance(document, Index) else None
        return None

    def _offers(self, wanted: str | None = None) -> Iterable[_Offer]:
        """Yield what is offered; `wanted`: in one repository."""
        for name, reference, view in self._names(wanted):
            yield _Offer(name, reference.tag or "", view, self._index(reference))

    def _index(self, reference: Reference) -> Indexed | None:
        try:
            index = self._index_of(reference)
        except ContainersError:
            return None  # damaged: the image itself is offered still
        return index if index is not None and not index.missing else None

    def _names(self, wanted: str | None = None) -> Iterable[tuple[str, Reference, ImageView]]:
        """Yield repository, name and image of each name that is offered."""
        for view in self._views():
            if view.image.is_host:
                continue
            for reference in view.names:
                name = self._name(reference)
                if name and reference.tag and wanted in (None, name):
                    yield name, reference, view

    def _name(self, reference: Reference) -> str:
        """Return what a name is called here, "" if it is not offered."""
        name = reference.familiar_repository
        if reference.domain != DEFAULT_DOMAIN or str(reference) == HOST_NAME:
            return ""
        return name if any(fnmatchcase(name, pattern) for pattern in self._patterns) else ""

    def _is_owned(self, name: str, tag: str, stored: Stored) -> bool:
        """Say whether the daemon has the same image under this name. Raises Refusal if it has another one."""
        for offer in self._offers(name):
            if offer.tag == tag and offer.target == stored.digest:
                return True
            if offer.tag == tag:
                document = documents.read(stored.content, stored.media_type)
                if offer.index or not document.blobs or document.blobs[0].digest != offer.view.id:
                    raise _owned(f"{name}:{tag}")
                return True
        return False


def _owned(name: str) -> Refusal:
    return Refusal(403, "DENIED", f"{name} is an image of the daemon that serves it, where tag and rmi change it")
