"""Taking names off images, and images away: which of the two `docker rmi` means, and when it is refused.

A reference of an image is a tag, or the digest that a pull came with. The rules and the texts are dockerd's. Source:
moby, daemon/images/image_delete.go and image_prune.go.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jupyter_containers.errors import Conflict
from jupyter_containers.metadata.images import ImageRecord
from jupyter_containers.oci.reference import Reference

if TYPE_CHECKING:
    from jupyter_containers.engine.images import Images, ImageView


@dataclass(frozen=True, slots=True)
class Removed:
    """What a removal did: one name taken off, or one image or layer deleted."""

    untagged: str = ""
    deleted: str = ""


@dataclass(frozen=True, slots=True)
class User:
    """A container that stands on an image."""

    container_id: str
    is_running: bool


class ImageInUse(Conflict):
    """An image must stay. `is_hard`: no force helps; `is_used`: because of a container."""

    def __init__(self, record: ImageRecord, why: str, *, is_hard: bool, is_used: bool = False) -> None:
        how = "cannot be forced" if is_hard else "must be forced"
        super().__init__(f"conflict: unable to delete {record.id.short} ({how}) - {why}")
        self.is_used = is_used


async def remove(images: Images, name_or_id: str, *, force: bool, prune: bool) -> list[Removed]:
    """Take a name off an image, and delete the image with its last name.

    Raises ImageNotFound; Conflict when containers stand on it, images were made from it, or an id has several names.
    `force` overrides what is not hard: a stopped container keeps its layers. `prune`: also delete the images that it
    was made from, as far as they have neither names nor users.
    """
    record = images.record(name_or_id)
    layers = _layers(images, record)
    if is_id_of(images, record, name_or_id):
        removed = _remove_by_id(images, record, force, prune)
    else:
        removed = _remove_name(images, record, name_or_id, force, prune)
    if not any(entry.deleted for entry in removed):
        return removed
    collected = await images.garbage.collect()
    return removed + [Removed(deleted=layer) for layer in collected.snapshots if layer in layers]


def _layers(images: Images, record: ImageRecord) -> frozenset[str]:
    """Return the layers that an image stands on, by the names that they are told by when they go."""
    return images.needs(record).snapshots


def is_id_of(images: Images, record: ImageRecord, text: str) -> bool:
    """Tell whether a text by which an image was found is its id, or its index's digest, or the beginning of one."""
    is_own = str(record.id).startswith(text) or record.id.hex.startswith(text)
    return is_own or images.indexes.image_id(text) == record.id


def _remove_name(images: Images, record: ImageRecord, text: str, force: bool, prune: bool) -> list[Removed]:
    references, users = images.references(record), images.users(record.id)
    if users and not force and _is_single(references):
        raise Conflict(
            f'conflict: unable to remove repository reference "{text}" (must force) - container '
            f"{users[0].container_id[:12]} is using its referenced image {record.id.short}"
        )
    name = Reference.parse(text).with_default_tag()
    removed = [images.untag(record, name)]
    rest = images.references(images.current(record))
    same = [reference for reference in rest if reference.repository == name.repository]
    if name.digest is None and all(reference.digest for reference in same):
        # The digests of a repository go with its last tag.
        for reference in same:
            removed.append(images.untag(images.current(record), reference))
        rest = [reference for reference in rest if reference not in same]
    return removed if rest else removed + _delete(images, record, force, prune, is_quiet=True)


def _remove_by_id(images: Images, record: ImageRecord, force: bool, prune: bool) -> list[Removed]:
    references, removed = images.references(record), list[Removed]()
    if _is_single(references):
        conflict = _conflict(images, record, is_forced=force, minds_names=False)
        if conflict is not None:
            raise conflict
        removed += [images.untag(images.current(record), reference) for reference in references]
    return removed + _delete(images, record, force, prune)


def _delete(images: Images, record: ImageRecord, force: bool, prune: bool, *, is_quiet: bool = False) -> list[Removed]:
    """Delete an image with the names that are left. `is_quiet`: that it must stay is no error when it still serves."""
    conflict = _conflict(images, record, is_forced=force)
    if conflict is not None:
        if is_quiet and (conflict.is_used or not _is_dangling(images, record)):
            return []
        raise conflict
    record = images.current(record)
    removed = [images.untag(images.current(record), reference) for reference in images.references(record)]
    removed.append(images.delete(record))
    parent = images.known(record.parent_id) if record.parent_id is not None else None
    if prune and parent is not None and not images.references(parent):
        removed += _delete(images, parent, False, True, is_quiet=True)
    return removed


def _is_dangling(images: Images, record: ImageRecord) -> bool:
    return not images.references(record) and not images.children(record.id)


def _is_single(references: Sequence[Reference]) -> bool:
    """Tell whether there is at most one tag, and digests of its repository only."""
    if len(references) <= 1:
        return True
    tags = [reference for reference in references if reference.digest is None]
    return len(tags) <= 1 and len({reference.repository for reference in references}) == 1


def _conflict(images: Images, record: ImageRecord, *, is_forced: bool, minds_names: bool = True) -> ImageInUse | None:
    """Return why the image must stay, if something must be minded."""
    if images.children(record.id):
        return ImageInUse(record, "image has dependent child images", is_hard=True)
    users = images.users(record.id)
    running = next((user for user in users if user.is_running), None)
    if running is not None:
        why = f"image is being used by running container {running.container_id[:12]}"
        return ImageInUse(record, why, is_hard=True, is_used=True)
    if is_forced:
        return None
    if minds_names and images.references(images.current(record)):
        return ImageInUse(record, "image is referenced in multiple repositories", is_hard=False)
    if users:
        why = f"image is being used by stopped container {users[0].container_id[:12]}"
        return ImageInUse(record, why, is_hard=False, is_used=True)
    return None


async def prune(images: Images, wanted: Callable[[ImageView], bool]) -> tuple[list[Removed], int]:
    """Delete the images that `wanted` picks, that nothing stands on and that no build has been sent.

    Returns what went, and the bytes freed.
    """
    removed: list[Removed] = []
    layers: set[str] = set()
    for view in images.all():
        record = images.known(view.id)
        if record is None or not wanted(view) or images.users(view.id) or images.children(view.id):
            continue
        if view.id in images.leases:
            continue
        layers |= _layers(images, record)
        removed += _delete(images, record, True, True)
    collected = await images.garbage.collect()
    removed += [Removed(deleted=layer) for layer in collected.snapshots if layer in layers]
    images.tell_pruned(collected.freed_bytes)
    return removed, collected.freed_bytes
