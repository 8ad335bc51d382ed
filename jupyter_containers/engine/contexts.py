"""Where a build finds its files: a tar that comes with the request, or what is at a URL; and files that ADD fetches."""

from __future__ import annotations

import asyncio
import errno
import os
import threading
from collections.abc import AsyncIterable, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import mkdtemp
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

from jupyter_containers.build.blocking import in_thread
from jupyter_containers.build.context import UNNAMED, Context
from jupyter_containers.build.downloads import NO_LOGINS
from jupyter_containers.engine.bodies import consume
from jupyter_containers.errors import Cancelled, ContainersError, InvalidParameter
from jupyter_containers.layers import archive
from jupyter_containers.layers.compression import Readable, detect
from jupyter_containers.linux import trees
from jupyter_containers.linux.safe_paths import open_in_root
from jupyter_containers.registry import Fetched, Registry, shown_url
from jupyter_containers.registry.downloads import finish_in_thread
from jupyter_containers.repositories.addresses import Source, is_repository, parse
from jupyter_containers.repositories.logins import Logins

if TYPE_CHECKING:
    from jupyter_containers.repositories.fetching import Checkout

# Tars of contexts as they come, each with its name; the build context itself is called MAIN, and comes last.
Tars: TypeAlias = AsyncIterator[tuple[str, AsyncIterable[bytes]]]
MAIN = ""
MAX_CONTEXTS = 100
MAX_DOCKERFILE_BYTES = 1 << 20
# The name of a Dockerfile that is all there is at a URL.
DOCKERFILE = "Dockerfile"

NONE: Mapping[str, str] = MappingProxyType({})
_FREE_BYTES = 64 << 20
_CHECK_BYTES = 16 << 20
_SNIFFED_BYTES = 512
_USTAR = slice(257, 262)


@dataclass(frozen=True, slots=True)
class Login:
    """How repositories are fetched for a build."""

    logins: Logins
    keep_git_dir: bool


class Contexts:
    """Contexts of builds, each in a folder of its own under `folder`. Implements build's Downloads."""

    def __init__(self, registry: Registry, folder: Path) -> None:
        self._registry = registry
        # Where contexts are unpacked, on the file system of the store.
        self.folder = folder

    @asynccontextmanager
    async def opened(
        self,
        tars: Tars,
        remote: str,
        dockerfile: str,
        *,
        named: Mapping[str, str] = NONE,
        logins: Logins = NO_LOGINS,
        keep_git_dir: bool = False,
    ) -> AsyncIterator[Context]:
        """Give the files of the tar MAIN, or of what is at the URL `remote`; the folder goes with the block.

        Other tars become named contexts, and so does what is at the URLs of `named`. The logins are for git
        repositories. Raises InvalidParameter for what is neither a tar nor a Dockerfile, and what a fetch raises.
        """
        folder = Path(mkdtemp(prefix="context-", dir=self.folder))
        try:
            login = Login(logins, keep_git_dir=keep_git_dir)
            context = Context(_made(folder / "tree"), dockerfile=dockerfile, downloads_path=folder, is_own=True)
            await self._extract_all(tars, context, has_main=not remote)
            if remote:
                context.root, context.dockerfile = await self._fetch_context(remote, context.root, dockerfile, login)
            for name, url in named.items():
                place = folder / f"named-{len(context.named)}"
                root, _ = await self._fetch_context(url, _made(place), dockerfile, login)
                context.named[name] = Context(root, dockerfile="", downloads_path=folder, is_own=True)
            yield context
        finally:
            # A context may have very many files; shielded, so that a build that is cancelled leaves none either.
            await asyncio.shield(asyncio.to_thread(trees.remove_path, folder))

    async def fetch(self, url: str, folder: Path) -> Path:
        """See build.downloads.Downloads."""
        async with self._registry.fetch(url) as fetched:
            path = folder / (fetched.name if fetched.name not in ("", ".", "..") else UNNAMED)
            await _write(fetched, path)
        return path

    async def _extract_all(self, tars: Tars, context: Context, *, has_main: bool) -> None:
        async for name, body in tars:
            if name == MAIN and not has_main:
                continue
            if len(context.named) >= MAX_CONTEXTS:
                raise InvalidParameter(f"more than {MAX_CONTEXTS} named contexts")
            root = context.root
            if name != MAIN:
                root = _made(context.downloads_path / f"named-{len(context.named)}")
                context.named[name] = Context(root, dockerfile="", downloads_path=context.downloads_path, is_own=True)
            await consume(body, lambda stream, root=root: _extract(stream, root))  # type: ignore[misc]

    async def fetch_repository(self, source: Source, folder: Path, logins: Logins) -> Checkout:
        """See build.downloads.Downloads."""
        # Here, and not at the top: most daemons never see a repository.
        from jupyter_containers.repositories.fetching import Budget, fetch

        access = logins.access(source.url)
        return await in_thread(
            lambda stop: fetch(source, folder, access=access, budget=Budget(_allowance(folder, stop)))
        )

    async def _fetch_context(self, url: str, root: Path, dockerfile: str, login: Login) -> tuple[Path, str]:
        """Bring a context here, and return its root and the path of its Dockerfile."""
        if url.startswith("github.com/") or is_repository(url):
            folder = root.with_name(f"{root.name}-repository")
            folder.mkdir(mode=0o700)
            source = parse(f"https://{url}" if url.startswith("github.com/") else url)
            keep = login.keep_git_dir if source.keep_git_dir is None else source.keep_git_dir
            found = await self.fetch_repository(replace(source, keep_git_dir=keep), folder, login.logins)
            return found.path, dockerfile
        async with self._registry.fetch(url) as fetched:
            chunks = aiter(fetched.chunks)
            start = await _first(chunks)
            if detect(start) or start[_USTAR] == b"ustar":
                await consume(_joined(start, chunks), lambda stream: _extract(stream, root))
                return root, dockerfile
            text = bytearray(start)
            async for chunk in chunks:
                text += chunk
                if len(text) > MAX_DOCKERFILE_BYTES:
                    raise InvalidParameter(f"what is at {shown_url(url)} is no tar, and too long for a Dockerfile")
        await asyncio.to_thread((root / DOCKERFILE).write_bytes, bytes(text))
        return root, DOCKERFILE


def _made(path: Path) -> Path:
    path.mkdir(mode=0o755)
    return path


def read_dockerfile(context: Context) -> str:
    """Return the text of the Dockerfile. Blocks. Raises InvalidParameter."""
    name = context.dockerfile
    root_fd = os.open(context.root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fd = open_in_root(root_fd, name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise InvalidParameter(
            f"Cannot locate specified Dockerfile: {name} ({error.strerror}); it must be inside the build context"
        ) from error
    finally:
        os.close(root_fd)
    try:
        with open(fd, "rb") as file:
            content = file.read(MAX_DOCKERFILE_BYTES + 1)
    except IsADirectoryError:
        os.close(fd)
        raise InvalidParameter(f"Dockerfile {name} is a directory; name the file in it") from None
    if len(content) > MAX_DOCKERFILE_BYTES:
        raise InvalidParameter(f"Dockerfile {name} is larger than {MAX_DOCKERFILE_BYTES} bytes")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidParameter(f"Dockerfile {name} is not UTF-8 text: {error}") from error


async def _first(chunks: AsyncIterator[bytes]) -> bytes:
    """Return the beginning, long enough to see what it is."""
    start = b""
    async for chunk in chunks:
        start += chunk
        if len(start) >= _SNIFFED_BYTES:
            break
    return start


async def _joined(start: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield start
    async for chunk in rest:
        yield chunk


def _extract(stream: Readable, root: Path) -> None:
    root_fd = os.open(root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        archive.extract(stream, root_fd, "/")
    finally:
        os.close(root_fd)


async def _write(fetched: Fetched, path: Path) -> None:
    unchecked = _CHECK_BYTES
    with path.open("xb") as file:
        async for chunk in fetched.chunks:
            unchecked += len(chunk)
            if unchecked >= _CHECK_BYTES:
                unchecked = 0
                _check_room(file.fileno())
            await finish_in_thread(partial(file.write, chunk))
    if fetched.modified_at is not None:
        os.utime(path, (fetched.modified_at, fetched.modified_at))


def _allowance(folder: Path, stop: threading.Event) -> Callable[[int], None]:
    """Return a check that fails when the disk is almost full, or when nobody waits for the files any more."""
    unchecked = _CHECK_BYTES

    def check(count: int) -> None:
        nonlocal unchecked
        if stop.is_set():
            raise Cancelled("the fetch was cancelled")
        # An empty file takes room too.
        unchecked += count + 4096
        if unchecked >= _CHECK_BYTES:
            unchecked = 0
            fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                _check_room(fd)
            finally:
                os.close(fd)

    return check


def _check_room(fd: int) -> None:
    space = os.fstatvfs(fd)
    if space.f_bavail * space.f_frsize < _FREE_BYTES:
        raise ContainersError(
            f"no space left on device: less than {_FREE_BYTES >> 20} MiB would stay free", errno=errno.ENOSPC
        )
