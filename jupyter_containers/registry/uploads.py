"""Blobs on their way to a registry: as they lie in the store, or compressed while they are sent.

A blob whose digest is known goes in one PUT. One that is compressed on the way has its digest at the end only: it goes
in one streamed PATCH, and the PUT that closes the upload names it. A broken upload begins anew, as dockerd's do.
Source: OCI distribution-spec, "Pushing blobs".
"""

from __future__ import annotations

import asyncio
import urllib.parse
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from jupyter_containers.content.store import ContentStore
from jupyter_containers.errors import ContainersError
from jupyter_containers.oci import media_types
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.digest import Digest, Hasher
from jupyter_containers.registry.failures import Answer, RegistryRefused, RegistryUnreachable, for_answer
from jupyter_containers.registry.repository import Repository
from jupyter_containers.registry.retries import TRANSIENT_STATUSES, RetryPolicy, retry_after
from jupyter_containers.registry.transport import Body

_PIECE = 1 << 20
_GZIP_WINDOW = 31
# zlib's own default, and that of the programs that other engines compress with.
_LEVEL = 6
_BINARY = {"Content-Type": "application/octet-stream"}

# What a layer is called once its tar is compressed.
COMPRESSED = {
    media_types.OCI_LAYER: media_types.OCI_LAYER_GZIP,
    media_types.DOCKER_LAYER: media_types.DOCKER_LAYER_GZIP,
}


class Upload:
    """One upload that a registry has opened. Ends with `put`, or with `cancel`."""

    def __init__(self, repository: Repository, location: str) -> None:
        self._repository = repository
        self._location = location

    async def patch(self, body: Body) -> None:
        """Send bytes of unknown number."""
        answer = await self._repository.send("PATCH", self._location, _BINARY, body)
        self._location = _location(answer, 202)

    async def put(self, digest: Digest, body: Body | None = None, length: int = 0) -> None:
        """Send the bytes, if they have not gone yet, and say what they are. The blob is there then."""
        mark = "&" if urllib.parse.urlsplit(self._location).query else "?"
        url = f"{self._location}{mark}{urllib.parse.urlencode({'digest': str(digest)})}"
        answer = await self._repository.send("PUT", url, {**_BINARY, "Content-Length": str(length)}, body or b"")
        if answer.status not in (201, 204):
            raise failure_of(answer)

    async def cancel(self) -> None:
        """Tell the registry that nothing more will come; it finds out by itself if it cannot be told."""
        try:
            await self._repository.send("DELETE", self._location)
        except ContainersError:
            return


async def begin(repository: Repository) -> Upload:
    """Open an upload. Raises RegistryUnreachable, LoginRequired, RegistryRefused."""
    answer = await repository.send("POST", repository.uploads_url, {"Content-Length": "0"})
    return Upload(repository, _location(answer, 202))


async def mount(repository: Repository, digest: Digest, source: str) -> Upload | None:
    """Ask for a blob that another repository of the same registry has; None when it is here now, else an upload."""
    query = urllib.parse.urlencode({"mount": str(digest), "from": source})
    answer = await repository.send("POST", f"{repository.uploads_url}?{query}", {"Content-Length": "0"})
    return None if answer.status == 201 else Upload(repository, _location(answer, 202))


def failure_of(answer: Answer) -> ContainersError:
    """Return the failure that an answer to a part of an upload means."""
    if answer.status in TRANSIENT_STATUSES:
        wanted = retry_after(answer.headers.get("retry-after"))
        return RegistryUnreachable(for_answer(answer).message, retry_after_seconds=wanted)
    return for_answer(answer)


def _location(answer: Answer, status: int) -> str:
    if answer.status != status:
        raise failure_of(answer)
    location = answer.headers.get("location", "")
    if not location:
        raise RegistryRefused(f"registry did not say where the upload goes on: {answer.url}")
    return urllib.parse.urljoin(answer.url, location)


@dataclass(frozen=True, slots=True)
class Uploader:
    """Sends blobs of a store to one repository.

    `sent` hears how many bytes have been read; `waiting` makes the pause before another attempt.
    """

    repository: Repository
    store: ContentStore
    retries: RetryPolicy
    sent: Callable[[int], None]
    waiting: Callable[[float], Awaitable[None]]

    async def send(self, blob: Descriptor, opened: Upload | None = None) -> Descriptor:
        """Send a blob as it is; `opened` is an upload that waits for it already.

        Raises RegistryUnreachable after the last attempt, LoginRequired, RegistryRefused. After cancellation: the
        upload was given up, and the registry has been told if it answers.
        """

        async def attempt(upload: Upload) -> Descriptor:
            await upload.put(blob.digest, lambda: self._pieces(blob.digest), blob.size)
            return blob

        return await self._with_retries(attempt, opened)

    async def send_compressed(self, tar: Descriptor, opened: Upload | None = None) -> Descriptor:
        """Send a plain tar as gzip, and return what it is called there. The same tar gives the same bytes each time.

        Otherwise like `send`.
        """

        async def attempt(upload: Upload) -> Descriptor:
            hashers: list[Hasher] = []
            await upload.patch(lambda: self._compressed(tar.digest, hashers))
            await upload.put(hashers[-1].digest)
            return Descriptor(COMPRESSED[tar.media_type], hashers[-1].digest, hashers[-1].size)

        return await self._with_retries(attempt, opened)

    async def _with_retries(
        self, attempt: Callable[[Upload], Awaitable[Descriptor]], opened: Upload | None
    ) -> Descriptor:
        failures = 0
        while True:
            try:
                upload = opened or await begin(self.repository)
                return await self._once(attempt, upload)
            except RegistryUnreachable as error:
                if not error.is_transient or failures >= self.retries.attempts - 1:
                    raise
                delay = self.retries.delay(failures, error.retry_after_seconds)
            failures, opened = failures + 1, None
            await self.waiting(delay)

    async def _once(self, attempt: Callable[[Upload], Awaitable[Descriptor]], upload: Upload) -> Descriptor:
        try:
            return await attempt(upload)
        except BaseException as error:
            if not isinstance(error, RegistryUnreachable):
                await asyncio.shield(upload.cancel())
            raise

    async def _pieces(self, digest: Digest) -> AsyncIterator[bytes]:
        with self.store.open(digest) as blob:
            count = 0
            while piece := await asyncio.to_thread(blob.read, _PIECE):
                yield piece
                count += len(piece)
                self.sent(count)

    async def _compressed(self, digest: Digest, hashers: list[Hasher]) -> AsyncIterator[bytes]:
        """Yield the blob as gzip, and put a hasher of what was yielded at the end of the list."""
        hasher, compressor, count = Hasher(), zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP_WINDOW), 0
        hashers.append(hasher)
        with self.store.open(digest) as blob:
            while piece := await asyncio.to_thread(blob.read, _PIECE):
                packed = await asyncio.to_thread(compressor.compress, piece)
                count += len(piece)
                if packed:
                    hasher.update(packed)
                    yield packed
                self.sent(count)
        packed = compressor.flush()
        hasher.update(packed)
        yield packed
