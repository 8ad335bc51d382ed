"""Files from a mirror of packages: releases and indexes read, packages brought into the content store.

What comes is believed only when it has the digest that a signed release leads to.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from functools import partial
from typing import Protocol

from jupyter_containers.bootstrap import apt_settings
from jupyter_containers.bootstrap.origins import Archive
from jupyter_containers.bootstrap.packages import Package
from jupyter_containers.bootstrap.release import Release
from jupyter_containers.build.blocking import in_thread
from jupyter_containers.content.ingest import SizeMismatch
from jupyter_containers.content.store import ContentStore
from jupyter_containers.errors import ContainersError, NotFound, Unavailable
from jupyter_containers.layers.compression import decompress
from jupyter_containers.oci.digest import Digest, DigestMismatch
from jupyter_containers.registry import Fetched, Progress
from jupyter_containers.registry.downloads import finish_in_thread
from jupyter_containers.registry.failures import RegistryUnreachable
from jupyter_containers.registry.progress import DOWNLOADED, DOWNLOADING

# Debian's own are a fiftieth of this, and a fifth.
_RELEASE_LIMIT = 8 << 20
_INDEX_LIMIT = 1 << 28
# What is unavailable may be there a moment later; one attempt more than waits.
_DELAYS_SECONDS = (0.5, 1.0, 2.0)
# How much of a package comes between two words about it.
_TELL_EVERY_BYTES = 1 << 18

Tell = Callable[[Progress], None]


class Fetch(Protocol):
    """Opens a file at a URL, as Registry.fetch does."""

    def __call__(self, url: str, *, proxy: str | None = None) -> AbstractAsyncContextManager[Fetched]: ...


class FileRefused(ContainersError):
    """A mirror's file is not what a signed release says."""


class Mirrors:
    """Fetches for one bootstrap. `settings` are apt's, by which proxies are chosen."""

    def __init__(
        self,
        fetch: Fetch,
        content: ContentStore,
        settings: Mapping[str, str],
        *,
        delays_seconds: Sequence[float] = _DELAYS_SECONDS,
        index_limit: int = _INDEX_LIMIT,
    ) -> None:
        self._fetch = fetch
        self._content = content
        self._settings = settings
        self._delays_seconds = delays_seconds
        self._index_limit = index_limit

    async def release(self, archive: Archive, now: datetime) -> Release:
        """Return an archive's release, signed and to be believed at `now`.

        Raises NotFound when the mirror has no such suite, SignatureRefused, ReleaseRefused, Unavailable.
        """
        what = f"the Release of {archive.suite} at {archive.uri}"
        try:
            signed = await self._read(archive.url("InRelease"))
        except NotFound:
            content, signature = await self._release_and_signature(archive)
            text = await in_thread(lambda _: archive.keyring.check_detached(content, signature, what))
        else:
            text = await in_thread(lambda _: archive.keyring.open_signed(signed, what))
        release = await in_thread(lambda _: Release.parse(text, what))
        release.check(archive.suite, now, what)
        return release

    async def _release_and_signature(self, archive: Archive) -> tuple[bytes, bytes]:
        try:
            content = await self._read(archive.url("Release"))
        except NotFound:
            raise NotFound(
                f"mirror {archive.uri} has no suite {archive.suite}; name another suite, or another mirror"
            ) from None
        return content, await self._read(archive.url("Release.gpg"))

    async def index(self, archive: Archive, release: Release, architecture: str) -> list[bytearray]:
        """Return the indexes of an archive's components. Raises NotFound, FileRefused, Unavailable."""
        what = f"suite {archive.suite} at {archive.uri}"
        contents = []
        for component in archive.components:
            file = release.index(component, architecture, what)
            folder = file.path.rpartition("/")[0]
            path = f"{folder}/by-hash/SHA256/{file.digest.hex}" if release.by_hash else file.path
            await self._bring(archive.url(path), file.digest, file.size, f"index {file.path} of {what}")
            contents.append(await in_thread(lambda _, digest=file.digest: self._unfolded(digest)))  # type: ignore[misc]
        return contents

    def _unfolded(self, digest: Digest) -> bytearray:
        plain = bytearray()
        with self._content.open(digest) as file:
            for piece in decompress(file):
                plain += piece
                if len(plain) > self._index_limit:
                    raise FileRefused(f"an index unpacks to more than the limit of {self._index_limit} bytes")
        return plain

    async def package(self, package: Package, tell: Tell) -> None:
        """Bring a package into the content store. Raises NotFound, FileRefused, Unavailable."""
        what = f"package {package.name} {package.version_text} from {package.archive}"

        def count(current: int) -> None:
            tell(Progress(package.name, DOWNLOADING, current, package.size))

        count(0)
        await self._bring(package.url, package.digest, package.size, what, count)
        tell(Progress(package.name, DOWNLOADED))

    async def _bring(
        self, url: str, digest: Digest, size: int, what: str, count: Callable[[int], None] | None = None
    ) -> None:
        if self._content.contains(digest):
            return

        async def once() -> None:
            with self._content.ingest(f"bootstrap:{digest}", expected=digest, size=size) as ingest:
                ingest.restart()
                told = 0
                async with self._open(url) as fetched:
                    async for chunk in fetched.chunks:
                        await finish_in_thread(partial(ingest.write, chunk))
                        if count is not None and ingest.offset - told >= _TELL_EVERY_BYTES:
                            told = ingest.offset
                            count(told)
                # It can be had again: no need to wait for the disk.
                await finish_in_thread(partial(ingest.commit, sync=False))

        try:
            await self._again(once)
        except (SizeMismatch, DigestMismatch) as error:
            raise FileRefused(
                f"{what} is not what the signed release says: {error.message}; the mirror is being updated, or is not "
                "to be trusted"
            ) from error

    async def _read(self, url: str) -> bytes:
        content = bytearray()

        async def once() -> None:
            content.clear()
            async with self._open(url) as fetched:
                async for chunk in fetched.chunks:
                    content.extend(chunk)
                    if len(content) > _RELEASE_LIMIT:
                        raise FileRefused(f"{url} is over the limit of {_RELEASE_LIMIT} bytes")

        await self._again(once)
        return bytes(content)

    def _open(self, url: str) -> AbstractAsyncContextManager[Fetched]:
        proxy = apt_settings.proxy_for(url, self._settings)
        return self._fetch(url, proxy="" if proxy == apt_settings.DIRECT else proxy)

    async def _again(self, attempt: Callable[[], Awaitable[None]]) -> None:
        for delay in self._delays_seconds:
            try:
                return await attempt()
            except Unavailable as error:
                if isinstance(error, RegistryUnreachable) and not error.is_transient:
                    raise
            await asyncio.sleep(delay)
        return await attempt()
