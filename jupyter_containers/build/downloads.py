"""ADD of a URL: the file comes here before anything runs, because its content is a part of what the step is."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Protocol

from jupyter_containers.build.blocking import in_thread
from jupyter_containers.build.context import Context
from jupyter_containers.build.dockerfile.arguments import is_git
from jupyter_containers.build.failures import place
from jupyter_containers.build.graph import Vertex, in_order
from jupyter_containers.build.operations.definitions import CopyFiles
from jupyter_containers.errors import ContainersError, InvalidParameter, Unsupported
from jupyter_containers.repositories.addresses import Source, parse
from jupyter_containers.repositories.logins import Logins

if TYPE_CHECKING:
    from jupyter_containers.repositories.fetching import Checkout

NO_LOGINS = Logins()


class Downloads(Protocol):
    async def fetch(self, url: str, folder: Path) -> Path:
        """Bring what is at a URL into a new file of the folder, and return the file.

        It is called as the URL or the server names it, else context.UNNAMED, and has the time that the server gives.
        Raises NotFound, Unavailable and others. After cancellation: part of the file may be there.
        """

    async def fetch_repository(self, source: Source, folder: Path, logins: Logins) -> Checkout:
        """Bring a commit's files into the folder, with what the logins have for its host.

        Raises as fetch() does. After cancellation: some of the files may be there, and nothing goes on.
        """


async def fetch_all(target: Vertex, downloads: Downloads | None, context: Context, logins: Logins = NO_LOGINS) -> None:
    """Fetch what the copies under `target` take from URLs, each once, into a folder beside the context."""
    for vertex in in_order(target):
        operation = vertex.operation
        if not isinstance(operation, CopyFiles):
            continue
        for url in operation.remote:
            try:
                if is_git(url):
                    await _fetch_repository(operation, url, downloads, context, logins)
                    continue
                if url not in context.fetched:
                    context.fetched[url] = await _fetch(url, downloads, context)
                if operation.checksum:
                    await in_thread(lambda _, o=operation, u=url: _verify(context.fetched[u], o.checksum))  # type: ignore[misc]
            except ContainersError as error:
                error.message = f"{operation.word} failed: {error.message}"
                error.args = (error.message,)
                place(error, vertex.lines, vertex.source)
                raise


async def _fetch_repository(
    operation: CopyFiles, url: str, downloads: Downloads | None, context: Context, logins: Logins
) -> None:
    key = repository_key(operation, url)
    if downloads is None:
        raise Unsupported(f"{url} cannot be fetched here; COPY a folder of the context")
    if key not in context.repositories:
        source = parse(url)
        kept = operation.keep_git_dir if operation.keep_git_dir is not None else bool(source.keep_git_dir)
        source = replace(source, keep_git_dir=kept)
        folder = Path(mkdtemp(prefix="add-", dir=context.downloads_path))
        context.repositories[key] = await downloads.fetch_repository(source, folder, logins)
    commit = context.repositories[key].commit
    if not commit.startswith(operation.checksum):
        raise InvalidParameter(f"digest mismatch {commit}: {operation.checksum}")


def repository_key(operation: CopyFiles, url: str) -> tuple[str, bool | None]:
    """Return the key of a repository in Context.repositories."""
    return url, operation.keep_git_dir


def _verify(path: Path, wanted: str) -> None:
    with open(path, "rb") as file:
        found = f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
    if found != wanted:
        raise InvalidParameter(f"digest mismatch {found}: {wanted}")


async def _fetch(url: str, downloads: Downloads | None, context: Context) -> Path:
    if downloads is None:
        raise Unsupported(f"{url} cannot be fetched here; COPY a file of the context")
    return await downloads.fetch(url, Path(mkdtemp(prefix="add-", dir=context.downloads_path)))
