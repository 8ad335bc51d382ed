"""ADD of what was elsewhere: files of the web, and commits of repositories, which wait beside the context."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_containers.build.context import UNNAMED, Context
from jupyter_containers.build.dockerfile.arguments import is_git
from jupyter_containers.build.downloads import repository_key
from jupyter_containers.build.failures import CopyFailed
from jupyter_containers.build.filesystem import Filesystem
from jupyter_containers.build.operations.archives import unpack_archive
from jupyter_containers.build.operations.copying import Copier, Dress
from jupyter_containers.build.operations.definitions import CopyFiles
from jupyter_containers.build.operations.layering import Stop
from jupyter_containers.build.operations.modes import ModeChange
from jupyter_containers.build.tree import Match, Tree

if TYPE_CHECKING:
    from jupyter_containers.repositories.fetching import Checkout


def checksums(operation: CopyFiles, source: Context | Filesystem, stop: Stop) -> list[object]:
    """Return what stands for the content of what was fetched: of a repository its commit, which is all of it."""
    return [
        _checksum(found, stop) if isinstance(found, Path) else ("commit", found.commit, url)
        for url, found in _all(operation, source)
    ]


def _checksum(path: Path, stop: Stop) -> tuple[str, bool, str]:
    with Tree(path.parent, stop=stop) as tree:
        match = Match(path.name, path.name, path.lstat())
        return match.name, False, tree.checksum(match)


def copy(
    operation: CopyFiles,
    source: Context | Filesystem,
    root_fd: int,
    stop: Stop,
    *,
    owner: tuple[int, int] | None,
    is_bare: bool = False,
) -> None:
    """Copy files, private unless --chmod says otherwise, as dockerd does it; and what is in the folders of commits."""
    for url, found in _all(operation, source):
        if not isinstance(found, Path):
            with Tree(found.path, stop=stop) as tree:
                tree.exclude(operation.excludes)
                copier = Copier(tree, root_fd, Dress(owner, operation.mode), is_bare=is_bare)
                copier.copy(Match("", "", found.path.lstat()), operation.destination)
            continue
        _copy_file(operation, url, found, root_fd, owner=owner, stop=stop, is_bare=is_bare)


def _copy_file(
    operation: CopyFiles,
    url: str,
    path: Path,
    root_fd: int,
    *,
    owner: tuple[int, int] | None,
    stop: Stop,
    is_bare: bool,
) -> None:
    mode = 0o600 if operation.mode is None else operation.mode.of(0o600, is_directory=False)
    match = Match(path.name, path.name, path.lstat())
    with Tree(path.parent, stop=stop) as tree:
        copier = Copier(tree, root_fd, Dress(owner, ModeChange(f"{mode:04o}", mode)), is_bare=is_bare)
        if operation.unpacks_remote and unpack_archive(
            tree, match, root_fd, operation.destination, copier, is_bare=is_bare
        ):
            return
        if path.name == UNNAMED and operation.destination.endswith("/"):
            raise CopyFailed(f"cannot determine filename for source {url}")
        copier.copy(match, operation.destination)


def _all(operation: CopyFiles, source: Context | Filesystem) -> Iterator[tuple[str, Path | Checkout]]:
    if not isinstance(source, Context):
        return
    for url in operation.remote:
        yield url, source.repositories[repository_key(operation, url)] if is_git(url) else source.fetched[url]
