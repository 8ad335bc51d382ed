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
from jupyter_containers.oci.digest import Digest
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


async def remove(images: Images, name_or_id: str, *, force: bool, prune: bool) -> list[Removed]:
    """Take a name off an image, and delete the image with its last name.

    Raises ImageNotFound; Conflict when containers stand on it or an id has several names. `force` overrides both, but
    deletes nothing that a running container stands on; a stopped one keeps its layers.
    """
    record = images.record(name_or_id)
    if is_id_of(record.id, name_or_id):
        removed = _remove_by_id(images, record, force)
    else:
        removed = _remove_name(images, record, name_or_id, force)
    if prune and removed[-1].deleted:
        collected = await images.garbage.collect()
        removed += [Removed(deleted=layer) for layer in collected.snapshots if layer.startswith("sha256:")]
    return removed


def is_id_of(image_id: Digest, text: str) -> bool:
    """Tell whether a text is an image's id or the beginning of it."""
    return str(image_id).startswith(text) or image_id.hex.startswith(text)


def _remove_name(images: Images, record: ImageRecord, text: str, force: bool) -> list[Removed]:
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
    if rest or _conflict(images, record, is_forced=force):
        return removed
    return [*removed, images.delete(record)]


def _remove_by_id(images: Images, record: ImageRecord, force: bool) -> list[Removed]:
    references = images.references(record)
    conflict = _conflict(images, record, is_forced=force)
    is_ambiguous = not force and references and not _is_single(references)
    if is_ambiguous and not any(user.is_running for user in images.users(record.id)):
        raise Conflict(
            f"conflict: unable to delete {record.id.short} (must be forced) - image is referenced in multiple "
            "repositories"
        )
    if conflict is not None:
        raise conflict
    removed = [images.untag(images.current(record), reference) for reference in references]
    return [*removed, images.delete(record)]


def _is_single(references: Sequence[Reference]) -> bool:
    """Tell whether there is at most one tag, and digests of its repository only."""
    if len(references) <= 1:
        return True
    tags = [reference for reference in references if reference.digest is None]
    return len(tags) <= 1 and len({reference.repository for reference in references}) == 1


def _conflict(images: Images, record: ImageRecord, *, is_forced: bool) -> Conflict | None:
    """Return why the image must stay because of a container, if one must be minded."""
    users = sorted(images.users(record.id), key=lambda user: not user.is_running)
    if not users or (is_forced and not users[0].is_running):
        return None
    kind, how = ("running", "cannot be forced") if users[0].is_running else ("stopped", "must be forced")
    return Conflict(
        f"conflict: unable to delete {record.id.short} ({how}) - image is being used by {kind} container "
        f"{users[0].container_id[:12]}"
    )


async def prune(images: Images, wanted: Callable[[ImageView], bool]) -> tuple[list[Removed], int]:
    """Delete the images that `wanted` picks and no container stands on; return what went and the bytes freed."""
    removed: list[Removed] = []
    for view in images.all():
        if wanted(view) and not images.users(view.id):
            removed += _remove_by_id(images, view.record, force=True)
    collected = await images.garbage.collect()
    if removed:
        removed += [Removed(deleted=layer) for layer in collected.snapshots if layer.startswith("sha256:")]
    return removed, collected.freed_bytes
