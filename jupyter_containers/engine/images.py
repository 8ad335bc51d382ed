"""Images: names for what is in the store. Find, list, tag, remove, history.

What comes in from outside is in transfers.py. A name is a canonical reference; an image's id is its config's digest.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import lru_cache

from jupyter_containers.content.store import ContentStore
from jupyter_containers.engine.events import Events
from jupyter_containers.engine.garbage import Garbage, Needed
from jupyter_containers.errors import Conflict, InvalidParameter, NotFound
from jupyter_containers.images import walk
from jupyter_containers.images.walk import Image
from jupyter_containers.metadata.images import ImageRecord, ImageRecords
from jupyter_containers.metadata.images import Images as ImageNames
from jupyter_containers.oci.digest import Digest
from jupyter_containers.oci.image_config import History, ImageConfig
from jupyter_containers.oci.reference import Reference
from jupyter_containers.snapshots.snapshotter import SnapshotNotFound, Snapshotter

HOST_NAME = "docker.io/library/host:latest"
_ID = re.compile(r"[0-9a-f]{64}")
_ID_PREFIX = re.compile(r"(sha256:)?[0-9a-f]{1,64}")


class ImageNotFound(NotFound):
    """The text is dockerd's: clients look for it before they pull."""

    def __init__(self, name: str) -> None:
        super().__init__(f"No such image: {name}")


@dataclass(frozen=True, slots=True)
class ImageView:
    """An image with everything that is known of it here. `chain` is the top snapshot's name; "" without layers."""

    record: ImageRecord
    image: Image
    names: tuple[Reference, ...]

    @property
    def id(self) -> Digest:
        return self.record.id

    @property
    def config(self) -> ImageConfig:
        return self.image.config

    @property
    def chain(self) -> str:
        return self.image.top

    @property
    def tags(self) -> list[str]:
        return [name.familiar for name in self.names if name.tag]

    @property
    def repo_digests(self) -> list[str]:
        return [Reference.parse(text).familiar for text in self.record.repo_digests]


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One step of an image; `id` and `tags` only on the newest one."""

    history: History
    size: int
    id: str = "<missing>"
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Removed:
    """What a removal did: one name taken off, or one image deleted."""

    untagged: str = ""
    deleted: str = ""


@dataclass(frozen=True, slots=True)
class User:
    """A container that stands on an image."""

    container_id: str
    is_running: bool


class Images:
    """The images of one data root.

    `make_host` makes the `host` image at its first use; `users` answers which containers stand on an image.
    """

    def __init__(
        self,
        names: ImageNames,
        records: ImageRecords,
        *,
        content: ContentStore,
        snapshots: Snapshotter,
        events: Events,
        garbage: Garbage,
        make_host: Callable[[], Image],
        now: Callable[[], str],
    ) -> None:
        self._names = names
        self._records = records
        self._content = content
        self._snapshots = snapshots
        self._events = events
        self._garbage = garbage
        self._make_host = make_host
        self._now = now
        self._load = lru_cache(maxsize=256)(self._read)
        self.users: Callable[[Digest], list[User]] = lambda _image_id: []
        garbage.protect(self._needed)

    # --- finding -----------------------------------------------------------------------------------------------------

    async def find(self, name_or_id: str) -> ImageView:
        """Return an image by name, id or unique prefix of an id; a name beats an id. `host` is made when asked for.

        Raises ImageNotFound, InvalidParameter for what is no reference or an ambiguous prefix.
        """
        return self.view(self._find(name_or_id))

    def _find(self, name_or_id: str) -> ImageRecord:
        if _ID.fullmatch(name_or_id):
            return self._by_prefix(name_or_id) or _missing(name_or_id)
        reference = self._reference(name_or_id)
        if reference is not None:
            record = self._by_name(reference)
            if record is not None:
                return record
        if _ID_PREFIX.fullmatch(name_or_id):
            record = self._by_prefix(name_or_id)
            if record is not None:
                return record
        return _missing(reference.familiar if reference is not None else name_or_id)

    def _reference(self, text: str) -> Reference | None:
        if text.startswith("sha256:"):
            return None
        return Reference.parse(text).with_default_tag()

    def _by_name(self, reference: Reference) -> ImageRecord | None:
        if reference.digest is not None:
            wanted = f"{reference.repository}@{reference.digest}"
            return next((record for record in self._records.all() if wanted in record.repo_digests), None)
        name = self._names.get(str(reference))
        if name is not None:
            return self._records.get(name.image_id)
        if str(reference) == HOST_NAME:
            return self.add(self._make_host(), reference)
        return None

    def _by_prefix(self, text: str) -> ImageRecord | None:
        found = self._records.with_prefix(text.removeprefix("sha256:"))
        if len(found) > 1:
            raise InvalidParameter(f"image id prefix {text} is ambiguous; give more digits")
        return found[0] if found else None

    def view(self, record: ImageRecord) -> ImageView:
        names = tuple(Reference.parse(entry.name) for entry in self._names.names_of(record.id))
        return ImageView(record, self._load(record.id, record.target.digest), names)

    def _read(self, image_id: Digest, _target: Digest) -> Image:
        record = self._records.get(image_id)
        if record is None:
            raise ImageNotFound(str(image_id))
        # An image of another architecture may be kept here, so its own platform decides and not this machine's.
        return walk.load(self._content, record.target)

    def all(self) -> list[ImageView]:
        """Return all images, the newest first."""
        return sorted((self.view(record) for record in self._records.all()), key=lambda v: v.record.created_at)[::-1]

    def count(self) -> int:
        return len(self._records.all())

    def matches_reference(self, view: ImageView, pattern: str) -> bool:
        """Tell whether a name of the image matches a pattern such as `busybox`, `local/*` or `*:1.*`."""
        return any(
            fnmatchcase(text, pattern) for name in view.names for text in (name.familiar, name.familiar_repository)
        )

    def history(self, view: ImageView) -> list[HistoryEntry]:
        """Return the steps of an image, the newest first."""
        sizes = [self._layer_size(name) for name in view.image.chain][::-1]
        entries: list[HistoryEntry] = []
        for step in reversed(view.config.history):
            size = 0 if step.empty_layer or not sizes else sizes.pop(0)
            first = not entries
            entries.append(
                HistoryEntry(step, size, str(view.id), tuple(view.tags)) if first else HistoryEntry(step, size)
            )
        return entries

    # --- changing ----------------------------------------------------------------------------------------------------

    def add(self, image: Image, name: Reference | None = None, repo_digest: str | None = None) -> ImageRecord:
        """Remember an image whose layers are unpacked, and let `name` point at it."""
        known = self._records.get(image.config_digest)
        digests = set(known.repo_digests if known else ()) | ({repo_digest} if repo_digest else set())
        record = ImageRecord(
            id=image.config_digest,
            target=image.descriptor,
            created_at=image.config.created,
            size=sum(self._layer_size(layer) for layer in image.chain),
            last_tagged_at=self._now() if name is not None else (known.last_tagged_at if known else None),
            parent_id=known.parent_id if known else None,
            repo_digests=tuple(sorted(digests)),
        )
        self._records.add(record)
        if name is not None and name.tag:
            self._names.set(f"{name.repository}:{name.tag}", image.descriptor, image.config_digest)
        return record

    def tag(self, view: ImageView, reference: Reference) -> None:
        """Give an image one more name, taking that name from another image when it has it."""
        if reference.digest is not None:
            raise InvalidParameter("refusing to create a tag with a digest reference")
        name = reference.with_default_tag()
        self.add(view.image, name)
        self._events.publish("image", "tag", str(view.id), {"name": name.familiar})

    async def remove(self, name_or_id: str, *, force: bool = False, prune: bool = True) -> list[Removed]:
        """Take a name off an image, and delete the image with its last name.

        Raises ImageNotFound; Conflict when containers stand on it, or an id has several names (`force` overrides both,
        but never for a running container).
        """
        view = self.view(self._find(name_or_id))
        by_id = not self._is_name(name_or_id)
        names = list(view.names) if by_id else [self._named(name_or_id)]
        if by_id and len({name.familiar_repository for name in names}) > 1 and not force:
            raise Conflict(
                f"conflict: unable to delete {view.id.short} (must be forced) - image is referenced in multiple "
                "repositories"
            )
        is_last = len(names) >= len(view.names)
        if is_last:
            self._refuse_in_use(view, name_or_id, by_id=by_id, force=force)
        removed = [self._untag(view, name) for name in names]
        if is_last and not (force and self.users(view.id)):
            removed += self._delete(view)
            if prune:
                await self._garbage.collect()
        return removed

    def _is_name(self, text: str) -> bool:
        if _ID.fullmatch(text) or text.startswith("sha256:"):
            return False
        return self._by_name(Reference.parse(text).with_default_tag()) is not None

    def _named(self, text: str) -> Reference:
        return Reference.parse(text).with_default_tag()

    def _refuse_in_use(self, view: ImageView, name: str, *, by_id: bool, force: bool) -> None:
        users = sorted(self.users(view.id), key=lambda user: not user.is_running)
        if not users or (force and not users[0].is_running):
            return
        container = users[0].container_id[:12]
        if users[0].is_running and (by_id or force):
            raise Conflict(
                f"conflict: unable to delete {view.id.short} (cannot be forced) - image is being used by running "
                f"container {container}"
            )
        if by_id:
            raise Conflict(
                f"conflict: unable to delete {view.id.short} (must be forced) - image is being used by stopped "
                f"container {container}"
            )
        raise Conflict(
            f'conflict: unable to remove repository reference "{name}" (must force) - container {container} is using '
            f"its referenced image {view.id.short}"
        )

    def _untag(self, view: ImageView, name: Reference) -> Removed:
        if name.digest is None:
            self._names.remove(str(name))
        else:
            kept = tuple(text for text in view.record.repo_digests if text != str(name))
            self._records.add(replace(view.record, repo_digests=kept))
        self._events.publish("image", "untag", str(view.id), {"name": str(view.id)})
        return Removed(untagged=name.familiar)

    def _delete(self, view: ImageView) -> list[Removed]:
        digests = [Removed(untagged=text) for text in view.repo_digests]
        self._records.remove(view.id)
        self._load.cache_clear()
        self._events.publish("image", "delete", str(view.id), {"name": str(view.id)})
        return [*digests, Removed(deleted=str(view.id))]

    async def prune(self, wanted: Callable[[ImageView], bool]) -> tuple[list[Removed], int]:
        """Delete the images that `wanted` picks and no container stands on; return what went and the bytes freed."""
        removed: list[Removed] = []
        for view in self.all():
            if wanted(view) and not self.users(view.id):
                removed += [self._untag(view, name) for name in view.names]
                removed += self._delete(view)
        return removed, await self._garbage.collect()

    def _layer_size(self, snapshot: str) -> int:
        try:
            return self._snapshots.stat(snapshot).size_bytes or 0
        except SnapshotNotFound:
            return 0

    def _needed(self) -> Iterable[Needed]:
        targets = {entry.target.digest for entry in self._names.all()}
        for record in self._records.all():
            image = self._load(record.id, record.target.digest)
            blobs = {record.id, record.target.digest, *(layer.digest for layer in image.manifest.layers)}
            yield Needed(frozenset(blobs | targets), frozenset(image.chain))


def _missing(name: str) -> ImageRecord:
    raise ImageNotFound(name)
