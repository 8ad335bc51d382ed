"""Images: names for what is in the store. Find, list, tag, history.

What comes in from outside is in transfers.py, how names and images go in image_removal.py. A name is a canonical
reference; an image's id is its config's digest.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

from jupyter_containers.content.store import ContentStore
from jupyter_containers.engine import image_removal
from jupyter_containers.engine.events import Events
from jupyter_containers.engine.garbage import Garbage, Needed
from jupyter_containers.engine.image_removal import Removed, User
from jupyter_containers.engine.indexes import Indexes
from jupyter_containers.engine.leases import Leases
from jupyter_containers.errors import ContainersError, InvalidParameter, NotFound
from jupyter_containers.images import walk
from jupyter_containers.images.host import NOTHING_MORE
from jupyter_containers.images.host_folders import Shown
from jupyter_containers.images.walk import Image
from jupyter_containers.metadata.images import ImageRecord, ImageRecords
from jupyter_containers.metadata.images import Images as ImageNames
from jupyter_containers.oci.digest import Digest
from jupyter_containers.oci.image_config import History, ImageConfig, moment_ns
from jupyter_containers.oci.reference import Reference
from jupyter_containers.snapshots.snapshotter import SnapshotNotFound, Snapshotter

_log = logging.getLogger(__name__)

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

    def narrowed(self, patterns: Sequence[str]) -> ImageView | None:
        """Return this image with the names that match one of the patterns; None without."""
        names = tuple(name for name in self.names if any(map(name.matches, patterns)))
        known = {text: Reference.parse(text) for text in self.record.repo_digests}
        digests = tuple(text for text, digest in known.items() if any(map(digest.matches, patterns)))
        if not names and not digests:
            return None
        return replace(self, record=replace(self.record, repo_digests=digests), names=names)


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One step of an image; `id` and `tags` where an image of that state is known: it, and those it was made from."""

    history: History
    size: int
    id: str = "<missing>"
    tags: tuple[str, ...] = ()


class Images:
    """The images of one data root.

    `make_host` makes the `host` image, by its name at its first use; `users` answers which containers stand on an
    image; `indexes` are those of names that mean images for several platforms.
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
        make_host: Callable[[Shown], Image],
        now: Callable[[], str],
    ) -> None:
        self._names = names
        self.indexes = Indexes(names, content, garbage)
        self.leases = Leases()
        self._records = records
        self._content = content
        self._snapshots = snapshots
        self._events = events
        self.garbage = garbage
        self.make_host = make_host
        self._now = now
        self._load = lru_cache(maxsize=256)(self._read)
        self.users: Callable[[Digest], list[User]] = lambda _image_id: []
        garbage.protect(self._needed)

    # --- finding -----------------------------------------------------------------------------------------------------

    async def find(self, name_or_id: str) -> ImageView:
        """Return an image by name, id or unique prefix of an id; a name beats an id. `host` is made when asked for.

        Raises ImageNotFound, InvalidParameter for what is no reference or an ambiguous prefix.
        """
        return self.view(self.record(name_or_id))

    def record(self, name_or_id: str) -> ImageRecord:
        """Like `find`, but also for an image whose blobs are damaged."""
        if _ID.fullmatch(name_or_id):
            return self._by_prefix(name_or_id) or _missing(f"sha256:{name_or_id}")
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
            return self.add(self.make_host(NOTHING_MORE), reference)
        return None

    def _by_prefix(self, text: str) -> ImageRecord | None:
        found = self._records.with_prefix(text.removeprefix("sha256:"))
        if len(found) > 1:
            raise InvalidParameter(f"image id prefix {text} is ambiguous; give more digits")
        by_index = self.indexes.image_id(text) if not found else None
        return self._records.get(by_index) if by_index is not None else next(iter(found), None)

    def target(self, name: Reference) -> Digest | None:
        """Return the id of the image that a name with a tag points at, None if nothing has the name."""
        found = self._names.get(f"{name.repository}:{name.tag}")
        return found.image_id if found is not None else None

    def tags_of(self, repository: Reference) -> list[Reference]:
        """Return the names with a tag that a repository has here, in alphabetical order."""
        references = (Reference.parse(entry.name) for entry in self._names.all())
        return [reference for reference in references if reference.repository == repository.repository]

    def known(self, image_id: Digest) -> ImageRecord | None:
        """Return the record of an image, None when it is not here."""
        return self._records.get(image_id)

    def current(self, record: ImageRecord) -> ImageRecord:
        """Return the record as it is now."""
        return self._records.get(record.id) or _missing(str(record.id))

    def references(self, record: ImageRecord) -> list[Reference]:
        """Return the tags of an image and the digests it was pulled by, in alphabetical order."""
        tags = [entry.name for entry in self._names.names_of(record.id)]
        return [Reference.parse(text) for text in sorted([*tags, *record.repo_digests])]

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
        """Return all images, the newest first; a damaged one is left out."""
        names: dict[Digest, list[Reference]] = {}
        for entry in self._names.all():
            names.setdefault(entry.image_id, []).append(Reference.parse(entry.name))
        found = ((record, self._image(record)) for record in self._records.all())
        whole = (
            ImageView(record, image, tuple(names.get(record.id, ()))) for record, image in found if image is not None
        )
        return sorted(whole, key=lambda view: moment_ns(view.record.created_at), reverse=True)

    def count(self) -> int:
        return len(self._records.all())

    def history(self, view: ImageView) -> list[HistoryEntry]:
        """Return the steps of an image, the newest first."""
        sizes = [self.layer_size(name) for name in view.image.chain][::-1]
        entries: list[HistoryEntry] = []
        record: ImageRecord | None = view.record
        for step in reversed(view.config.history):
            size = 0 if step.empty_layer or not sizes else sizes.pop(0)
            if record is None:
                entries.append(HistoryEntry(step, size))
                continue
            tags = (reference.familiar for reference in self.references(record) if reference.tag)
            entries.append(HistoryEntry(step, size, str(record.id), tuple(tags)))
            record = self._records.get(record.parent_id) if record.parent_id is not None else None
        return entries

    def children(self, image_id: Digest) -> list[ImageRecord]:
        """Return the images that were made from an image by a commit."""
        return [record for record in self._records.all() if record.parent_id == image_id]

    def parents(self) -> set[Digest]:
        """Return the ids of the images that others were made from."""
        return {record.parent_id for record in self._records.all() if record.parent_id is not None}

    def shared_size(self, view: ImageView, layer_users: Counter[str]) -> int:
        """Return the bytes of an image that another one has as well."""
        return sum(self.layer_size(layer) for layer in view.image.chain if layer_users[layer] > 1)

    def folders(self, view: ImageView) -> tuple[Path, ...]:
        """Return where the files of an image's layers are, the topmost first; () for an image without layers."""
        if not self._snapshots.exists(view.chain):
            return ()
        top = self._snapshots.upper(view.chain)
        return (top, *self._snapshots.lowers(view.chain)) if top is not None else ()

    def layer_users(self) -> Counter[str]:
        """Return how many images stand on each committed snapshot."""
        images = filter(None, (self._image(record) for record in self._records.all()))
        return Counter(layer for image in images for layer in image.chain)

    # --- changing ----------------------------------------------------------------------------------------------------

    def add(
        self,
        image: Image,
        name: Reference | None = None,
        repo_digest: str | None = None,
        *,
        parent: Digest | None = None,
        is_tagged: bool = True,
    ) -> ImageRecord:
        """Remember an image whose layers are unpacked, and let `name` point at it. `parent`: what it was made from.

        `is_tagged`: the name was given here and now; for dockerd one that came with a pull or a load was not.
        """
        known = self._records.get(image.config_digest)
        digests = set(known.repo_digests if known else ()) | ({repo_digest} if repo_digest else set())
        record = ImageRecord(
            id=image.config_digest,
            target=image.descriptor,
            created_at=image.config.created,
            size=sum(self.layer_size(layer) for layer in image.chain),
            last_tagged_at=self._now() if name is not None and is_tagged else (known.last_tagged_at if known else None),
            parent_id=parent or (known.parent_id if known else None),
            repo_digests=tuple(sorted(digests)),
            container_id=known.container_id if known else "",
            container_settings=known.container_settings if known else None,
        )
        self._records.add(record)
        if name is not None and name.tag:
            self.indexes.let_go(name)
            self._names.set(f"{name.repository}:{name.tag}", image.descriptor, image.config_digest)
        return record

    def note_container(self, image_id: Digest, container_id: str, settings: Mapping[str, Any]) -> None:
        """Remember which container an image was made from, and with which settings, in the form of record_json."""
        record = self._records.get(image_id)
        if record is not None:
            self._records.add(replace(record, container_id=container_id, container_settings=settings))

    def tag(self, view: ImageView, reference: Reference, source: str = "") -> None:
        """Give an image one more name, which another may have had; it means all that `source` does, a name of it."""
        if reference.digest is not None:
            raise InvalidParameter("refusing to create a tag with a digest reference")
        name, index = reference.with_default_tag(), self.indexes.meant(source, view.id)
        self.add(view.image, name)
        if index is not None:
            self.indexes.set(name, index, view.id)
        self.tell_tag(view.id, name)

    def tell_tag(self, image_id: Digest, name: Reference) -> None:
        """Publish that an image has a name now."""
        record = self._records.get(image_id)
        if record is not None:
            self._tell("tag", record, name.familiar)

    def tell(self, action: str, image_id: Digest, name: str) -> None:
        """Publish what was done with an image."""
        self._events.publish("image", action, str(image_id), {"name": name})

    def tell_named(self, action: str, image_id: Digest, name: str, repository: str) -> None:
        """Publish what was done with an image by its name: its labels go along, as for dockerd's pull and push."""
        image = self._image(self.record(str(image_id)))
        labels = dict(image.config.process.labels) if image is not None else {}
        self._events.publish("image", action, name, labels | {"name": repository})

    async def remove(self, name_or_id: str, *, force: bool = False, prune: bool = True) -> list[Removed]:
        """See image_removal.remove."""
        return await image_removal.remove(self, name_or_id, force=force, prune=prune)

    async def prune(self, wanted: Callable[[ImageView], bool]) -> tuple[list[Removed], int]:
        """See image_removal.prune."""
        return await image_removal.prune(self, wanted)

    def untag(self, record: ImageRecord, reference: Reference) -> Removed:
        """Take one tag or digest off an image."""
        if reference.digest is None:
            self.indexes.let_go(reference)
            self._names.remove(str(reference))
        else:
            text = f"{reference.repository}@{reference.digest}"
            self._records.add(replace(record, repo_digests=tuple(t for t in record.repo_digests if t != text)))
        self._tell("untag", record, str(record.id))
        return Removed(untagged=reference.familiar)

    def let_go(self, image_id: str) -> None:
        """A container of an image has gone: if it was the last thing that needed a deleted image's layers, they go."""
        if image_id and self._records.get(Digest.parse(image_id)) is None:
            self.garbage.begin()

    def delete(self, record: ImageRecord) -> Removed:
        """Forget an image that has no name any more; what only it needed is left to the garbage collection."""
        self._records.remove(record.id)
        self._events.publish("image", "delete", str(record.id), {"name": str(record.id)})
        return Removed(deleted=str(record.id))

    def tell_pruned(self, freed: int) -> None:
        """Publish that a prune is done, with the bytes it has freed."""
        self._events.publish("image", "prune", "", {"reclaimed": str(freed)})

    def _tell(self, action: str, record: ImageRecord, name: str) -> None:
        """Publish an event with the image's labels, by which listeners can filter."""
        image = self._image(record)
        labels = dict(image.config.process.labels) if image is not None else {}
        self._events.publish("image", action, str(record.id), labels | {"name": name})

    def layer_size(self, snapshot: str) -> int:
        """Return the bytes that the files of one layer take; 0 when it is not here."""
        try:
            return self._snapshots.stat(snapshot).size_bytes or 0
        except SnapshotNotFound:
            return 0

    def _image(self, record: ImageRecord) -> Image | None:
        """Return the image of a record; None, and a line in the log, when its blobs are damaged."""
        try:
            return self._load(record.id, record.target.digest)
        except ContainersError as error:
            _log.warning("image %s is damaged, pull, load or build it again: %s", record.id, error.message)
            return None

    def needs(self, record: ImageRecord) -> Needed:
        """Return what an image consists of, and the indexes that it came in, as far as they are here."""
        image = self._image(record)
        layers, chain = (image.manifest.layers, image.chain) if image is not None else ((), ())
        blobs = {record.id, record.target.digest, *record.digests, *(layer.digest for layer in layers)}
        return Needed(frozenset(blobs), frozenset(chain))

    def _needed(self) -> Iterable[Needed]:
        return chain(map(self.needs, self._records.all()), self.indexes.needed())


def _missing(name: str) -> ImageRecord:
    raise ImageNotFound(name)
