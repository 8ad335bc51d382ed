"""ADD of a URL: the file comes here before anything runs, because its content is a part of what the step is."""

from __future__ import annotations

import hashlib
from pathlib import Path
from tempfile import mkdtemp
from typing import Protocol

from jupyter_containers.build.blocking import in_thread
from jupyter_containers.build.context import Context
from jupyter_containers.build.failures import place
from jupyter_containers.build.graph import Vertex, in_order
from jupyter_containers.build.operations.definitions import CopyFiles
from jupyter_containers.errors import ContainersError, InvalidParameter, Unsupported


class Downloads(Protocol):
    async def fetch(self, url: str, folder: Path) -> Path:
        """Bring what is at a URL into a new file of the folder, and return the file.

        It is called as the URL or the server names it, else context.UNNAMED, and has the time that the server gives.
        Raises NotFound, Unavailable and others. After cancellation: part of the file may be there.
        """


async def fetch_all(target: Vertex, downloads: Downloads | None, context: Context) -> None:
    """Fetch what the copies under `target` take from URLs, each once, into a folder beside the context."""
    for vertex in in_order(target):
        operation = vertex.operation
        if not isinstance(operation, CopyFiles):
            continue
        for url in operation.remote:
            try:
                if url not in context.fetched:
                    context.fetched[url] = await _fetch(url, downloads, context)
                if operation.checksum:
                    await in_thread(lambda _, o=operation, u=url: _verify(context.fetched[u], o.checksum))  # type: ignore[misc]
            except ContainersError as error:
                error.message = f"{operation.word} failed: {error.message}"
                error.args = (error.message,)
                place(error, vertex.lines, vertex.source)
                raise


def _verify(path: Path, wanted: str) -> None:
    with open(path, "rb") as file:
        found = f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
    if found != wanted:
        raise InvalidParameter(f"digest mismatch {found}: {wanted}")


async def _fetch(url: str, downloads: Downloads | None, context: Context) -> Path:
    if downloads is None:
        raise Unsupported(f"{url} cannot be fetched here; COPY a file of the context")
    return await downloads.fetch(url, Path(mkdtemp(prefix="add-", dir=context.downloads_path)))
