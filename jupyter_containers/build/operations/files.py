"""COPY, ADD and WORKDIR: files put into a root by us, without a process of the image."""

from __future__ import annotations

import os
import posixpath
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from jupyter_containers.build.blocking import in_thread
from jupyter_containers.build.context import Context
from jupyter_containers.build.failures import CopyFailed
from jupyter_containers.build.filesystem import Filesystem, Layer
from jupyter_containers.build.graph import key as key_of
from jupyter_containers.build.operations import fetched, sharing
from jupyter_containers.build.operations.archives import unpack_archive
from jupyter_containers.build.operations.copying import Copier, Dress
from jupyter_containers.build.operations.definitions import CopyFiles, MakeDirectory
from jupyter_containers.build.operations.layering import Stop, Stores
from jupyter_containers.build.operations.owners import find_owner
from jupyter_containers.build.tree import Match, Tree
from jupyter_containers.linux.safe_paths import open_in_root


async def copy_files(
    stores: Stores, operation: CopyFiles, parent: Filesystem, source: Context | Filesystem
) -> Layer | None:
    """Copy and return the layer, None if it is empty. Raises CopyFailed. After cancellation: nothing is left."""
    key = f"build:{secrets.token_hex(32)}"

    def work(stop: Stop) -> Layer | None:
        def fill() -> None:
            with _tree(stores, source, stop) as tree:
                tree.exclude(operation.excludes)
                folder = sharing.whole_folder(stores, operation, tree)
                if folder is not None and _share(stores, operation, key, tree, folder):
                    return
                with stores.snapshotter.mounted(key) as root, _opened(root) as root_fd:
                    _copy(operation, tree, root_fd)
                    fetched.copy(operation, source, root_fd, stop)

        return stores.change(key, parent, fill)

    return await in_thread(work)


async def make_directory(stores: Stores, operation: MakeDirectory, parent: Filesystem) -> Layer | None:
    """Make a directory; None, and no snapshot, if it is there already."""
    key = f"build:{secrets.token_hex(32)}"

    def work(stop: Stop) -> Layer | None:
        if parent.chain:
            with stores.snapshotter.mounted(parent.chain, read_only=True) as root, _opened(root) as root_fd:
                if _is_directory(root_fd, operation.path):
                    return None

        def fill() -> None:
            with (
                stores.snapshotter.mounted(key) as root,
                Tree(root, stop=stop) as nothing,
                _opened(root) as root_fd,
            ):
                Copier(nothing, root_fd, Dress(_owner_or_root(root_fd, operation.owner))).make_directory(operation.path)

        return stores.change(key, parent, fill)

    return await in_thread(work)


async def checksum(stores: Stores, operation: CopyFiles, source: Context | Filesystem) -> str:
    """Return a digest of what the sources name. Raises CopyFailed if that is nothing."""

    def work(stop: Stop) -> str:
        with _tree(stores, source, stop) as tree:
            tree.exclude(operation.excludes)
            matches = _find(operation, tree)
            found: list[object] = [
                (_placed(operation, match) + match.name, match.is_directory, tree.checksum(match)) for match in matches
            ]
        return key_of([*found, *fetched.checksums(operation, source, stop)])

    return await in_thread(work)


@contextmanager
def _tree(stores: Stores, source: Context | Filesystem, stop: Stop) -> Iterator[Tree]:
    if isinstance(source, Context):
        with source.tree(stop) as tree:
            yield tree
    elif not source.chain:
        raise CopyFailed("COPY failed: there are no files in scratch")
    else:
        with (
            stores.snapshotter.mounted(source.chain, read_only=True) as root,
            Tree(root, with_owners=True, stop=stop) as tree,
        ):
            yield tree


@contextmanager
def _opened(root: str | os.PathLike[str]) -> Iterator[int]:
    fd = os.open(root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield fd
    finally:
        os.close(fd)


def _share(stores: Stores, operation: CopyFiles, key: str, tree: Tree, folder: Match) -> bool:
    """Share the folder's files with the root; say whether that could be done."""
    try:
        with stores.snapshotter.mounted(key) as root, _opened(root) as root_fd:
            dress = _dress(operation, tree, root_fd)
            place = sharing.bare_place(root_fd, operation.destination, tree, dress)
        if place is not None:
            sharing.fill(stores, key, place, tree, folder, dress=dress)
    except OSError as error:
        raise _failed(operation, error) from error
    return place is not None


def _dress(operation: CopyFiles, tree: Tree, root_fd: int) -> Dress:
    owner = find_owner(root_fd, operation.owner) if operation.owner else None
    return Dress(owner, operation.mode, tree.with_owners)


def _failed(operation: CopyFiles, error: OSError) -> CopyFailed:
    return CopyFailed(f"failed to copy files to {operation.destination}: {error.strerror}", errno=error.errno)


def _copy(operation: CopyFiles, tree: Tree, root_fd: int) -> None:
    copier = Copier(tree, root_fd, _dress(operation, tree, root_fd), is_linked=operation.is_linked)
    try:
        for match in _find(operation, tree):
            placed = _placed(operation, match)
            destination = posixpath.join(operation.destination, placed) if placed else operation.destination
            if not (operation.unpacks and unpack_archive(tree, match, root_fd, destination, copier)):
                copier.copy(match, destination)
        for file in operation.inline:
            copier.write(file.name, file.content.encode("utf-8", "surrogateescape"), operation.destination)
    except OSError as error:
        raise _failed(operation, error) from error


def _owner_or_root(root_fd: int, user: str) -> tuple[int, int] | None:
    """A process of the user cannot start where it is unknown, but a directory can be made all the same."""
    try:
        return find_owner(root_fd, user) if user else None
    except CopyFailed:
        return None


def _find(operation: CopyFiles, tree: Tree) -> list[Match]:
    matches = [
        replace(match, pivot=source.partition("/./")[0].strip("/") if "/./" in source else "")
        for source in operation.sources
        for match in tree.find(source, operation.word, deep=operation.with_parents)
    ]
    several = len(matches) + len(operation.inline) + len(operation.remote) > 1
    if several and not operation.with_parents and not operation.destination.endswith("/"):
        raise CopyFailed(
            f"When using {operation.word} with more than one source file, the destination must be a directory "
            "and end with a /"
        )
    return matches


def _placed(operation: CopyFiles, match: Match) -> str:
    """Return where below the destination a match goes with its parents (a slash ends a directory), else ""."""
    if not operation.with_parents:
        return ""
    skipped = len([part for part in match.pivot.split("/") if part not in ("", ".")])
    parts = match.given.split("/")[skipped:]
    return "/".join(parts if match.is_directory else [*(parts[:-1] or ["."]), ""])


def _is_directory(root_fd: int, path: str) -> bool:
    try:
        fd = open_in_root(root_fd, path, os.O_PATH | os.O_DIRECTORY)
    except OSError:
        return False
    os.close(fd)
    return True
