"""images, rmi, tag: images that are there."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from typing import ClassVar

from jupyter_containers.client.images import split_name
from jupyter_containers.client.values import ImageSummary, short_id
from jupyter_containers.commands.command import Argument, Command, Completes, Takes
from jupyter_containers.commands.containers import NO_TEMPLATES, ONE_PLATFORM, each, parse_filters
from jupyter_containers.commands.quantities import ago, size_text
from jupyter_containers.commands.results import Message, Table
from jupyter_containers.commands.session import Session

_TITLES = ("REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE")
_NONE = "<none>"


class ImageTable(Table):
    kind: ClassVar[str] = "images"


def images(session: Session, options: Namespace) -> ImageTable | Message:
    filters = parse_filters(options.filter)
    if options.name:
        filters.setdefault("reference", []).append(options.name)
    found = session.client.images.list(every=options.all, filters=filters)
    if options.quiet:
        ids = tuple(image.id if options.no_trunc else short_id(image.id) for image in found)
        return Message(ids, ids)
    rows = [(image, row) for image in found for row in _rows(image, options.no_trunc)]
    if options.digests:
        told = tuple((*row[:2], _digest(image, row[0]), *row[2:]) for image, row in rows)
        return ImageTable("images", (*_TITLES[:2], "DIGEST", *_TITLES[2:]), told, found)
    return ImageTable("images", _TITLES, tuple(row for _, row in rows), found)


def _digest(image: ImageSummary, repository: str) -> str:
    """Return the digest by which a repository knows this very image: another tag of it has another."""
    parts = (name.partition("@") for name in image.digests)
    return next((digest for place, _, digest in parts if place == repository), _NONE)


def _rows(image: ImageSummary, whole: bool) -> Iterator[tuple[str, ...]]:
    for name in image.names or ("",):
        repository, tag = split_name(name) if name else (_NONE, _NONE)
        id_ = image.id if whole else short_id(image.id)
        yield repository, tag, id_, ago(image.created_at), size_text(image.size_bytes)


def remove(session: Session, options: Namespace) -> Message:
    return each(session, options.image, "removed", lambda name: _remove(session, options, name))


def _remove(session: Session, options: Namespace, name: str) -> None:
    session.client.images.remove(name, force=options.force, prune=not options.no_prune)


def tag(session: Session, options: Namespace) -> Message:
    session.client.images.tag(options.image, options.name)
    return Message((f"{options.image} is also called {options.name}",), (options.name,))


IMAGES = Command(
    "images",
    "list images",
    images,
    (
        Argument(("-a", "--all"), "also steps of builds", Takes.NOTHING),
        Argument(("-q", "--quiet"), "only ids", Takes.NOTHING),
        Argument(("--digests",), "also the digests that their registries know", Takes.NOTHING),
        Argument(("-f", "--filter"), "only those that match, such as dangling=true", Takes.EACH, "NAME=VALUE"),
        Argument(("--no-trunc",), "whole ids", Takes.NOTHING),
        Argument(("name",), "only those with this name", Takes.OPTIONAL, "NAME", completes=Completes.IMAGE),
    ),
    refused={**NO_TEMPLATES, "--tree": "each image is of one platform here"},
)
RMI = Command(
    "rmi",
    "remove images",
    remove,
    (
        Argument(
            ("-f", "--force"), "also with several names, or in use by a container that does not run", Takes.NOTHING
        ),
        Argument(("--no-prune",), "keep the nameless images that it was made from", Takes.NOTHING),
        Argument(("image",), "names or ids", Takes.MANY, "IMAGE", completes=Completes.IMAGE),
    ),
    refused=ONE_PLATFORM,
)
TAG = Command(
    "tag",
    "give an image one more name",
    tag,
    (
        Argument(("image",), "name or id", metavar="IMAGE", completes=Completes.IMAGE),
        Argument(("name",), "the new name", metavar="NAME[:TAG]"),
    ),
)
