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
from jupyter_containers.build.operations.owners import find_owner, needs_names
from jupyter_containers.build.tree import Match, Tree
from jupyter_containers.linux.safe_paths import open_in_root
from jupyter_containers.snapshots.snapshotter import OVERLAY_FORMAT

# For numbers, and for names where there are no files.
_NO_ROOT = -1


async def copy_files(
    stores: Stores, operation: CopyFiles, parent: Filesystem, source: Context | Filesystem
) -> Layer | None:
    """Copy and return the layer, None if it is empty. Raises CopyFailed. After cancellation: nothing is left."""
    key = _new_key()

    def work(stop: Stop) -> Layer | None:
        if operation.is_linked:
            return _copy_linked(stores, operation, parent, source, stop)

        def fill() -> None:
            with _tree(stores, source, stop) as tree:
                tree.exclude(operation.excludes)
                folder = sharing.whole_folder(stores, operation, tree)
                if folder is not None and _share(stores, operation, key, tree, folder):
                    return
                with stores.snapshotter.mounted(key) as root, _opened(root) as root_fd:
                    dress = _dress(operation, tree, root_fd)
                    _copy(operation, Copier(tree, root_fd, dress), tree, root_fd)
                    fetched.copy(operation, source, root_fd, stop, owner=dress.owner)

        return stores.change(key, parent, fill)

    return await in_thread(work)


def _copy_linked(
    stores: Stores, operation: CopyFiles, parent: Filesystem, source: Context | Filesystem, stop: Stop
) -> Layer | None:
    """Copy as onto nothing, so that the layer is the same whatever is under it. Source: Dockerfile reference, --link.

    Where layers are overlays it is made in its place above the parent all the same, by filling the snapshot's own
    directory: neither what is below is seen there, nor does the kernel note there what is hidden.
    """
    key = _new_key()
    in_place = stores.snapshotter.layer_format == OVERLAY_FORMAT
    owner = _owner(stores, operation.owner, parent)

    def fill() -> None:
        own = stores.snapshotter.upper(key)
        assert own is not None, key
        with _tree(stores, source, stop) as tree, _opened(own) as root_fd:
            tree.exclude(operation.excludes)
            copier = Copier(
                tree, root_fd, Dress(owner, operation.mode, tree.with_owners), is_bare=True, shares=tree.is_own
            )
            _copy(operation, copier, tree, root_fd, is_bare=True)
            fetched.copy(operation, source, root_fd, stop, owner=owner, is_bare=True)

    layer = stores.change(key, parent if in_place else Filesystem(), fill)
    if layer is not None and not in_place:
        stores.lay(parent.with_layer(layer), stop)
    return layer


async def linked_owner(stores: Stores, operation: CopyFiles, parent: Filesystem) -> tuple[int, int] | None:
    """Return who --chown means on this parent: all that a linked copy takes from below. Raises CopyFailed."""
    return await in_thread(lambda _: _owner(stores, operation.owner, parent))


def _owner(stores: Stores, text: str, parent: Filesystem) -> tuple[int, int] | None:
    if not text:
        return None
    if not needs_names(text) or not parent.chain:
        return find_owner(_NO_ROOT, text)
    with stores.snapshotter.mounted(parent.chain, read_only=True) as root, _opened(root) as root_fd:
        return find_owner(root_fd, text)


async def make_directory(stores: Stores, operation: MakeDirectory, parent: Filesystem) -> Layer | None:
    """Make a directory; None, and no snapshot, if it is there already."""
    key = _new_key()

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


def _new_key() -> str:
    return f"build:{secrets.token_hex(32)}"


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


def _copy(operation: CopyFiles, copier: Copier, tree: Tree, root_fd: int, *, is_bare: bool = False) -> None:
    try:
        for match in _find(operation, tree):
            placed = _placed(operation, match)
            destination = posixpath.join(operation.destination, placed) if placed else operation.destination
            if not (operation.unpacks and unpack_archive(tree, match, root_fd, destination, copier, is_bare=is_bare)):
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
