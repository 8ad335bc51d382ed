"""Blobs on their way to a registry: as they lie in the store, or compressed while they are sent.

A blob whose digest is known goes in one PUT. One that is compressed on the way has its digest at the end only: it goes
in one streamed PATCH, and the PUT that closes the upload names it. A broken upload goes on where the registry says
that it is, with a PATCH of the rest; what was compressed is compressed again up to there, and not sent. It begins anew
where the registry has forgotten it (distribution has, once a body was cut), or says what cannot be.
Source: OCI distribution-spec, "Pushing blobs", "Pushing a blob in chunks".
"""

from __future__ import annotations

import asyncio
import re
import urllib.parse
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import BinaryIO

from jupyter_containers.content.store import ContentStore
from jupyter_containers.errors import ContainersError
from jupyter_containers.oci import media_types
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.digest import Digest, Hasher
from jupyter_containers.registry.failures import Answer, RegistryRefused, RegistryUnreachable, for_answer
from jupyter_containers.registry.repository import Repository
from jupyter_containers.registry.retries import TRANSIENT_STATUSES, RetryPolicy, retry_after
from jupyter_containers.registry.transport import Body, followed

_PIECE = 1 << 20
_GZIP_WINDOW = 31
# zlib's own default, and that of the programs that other engines compress with.
_LEVEL = 6
_BINARY = {"Content-Type": "application/octet-stream"}
# An attempt that brought so much was not in vain: the count of failures begins anew.
_PROGRESS_BYTES = 1024 * 1024
_RANGE = re.compile(r"(?:bytes=)?0-([0-9]{1,18})")

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

    async def patch(self, body: Body, span: tuple[int, int] | None = None) -> None:
        """Send bytes; `span` is where they begin and end (the end is not included), None for who knows how many."""
        headers = dict(_BINARY)
        if span is not None:
            begin, end = span
            headers |= {"Content-Range": f"{begin}-{end - 1}", "Content-Length": str(end - begin)}
        answer = await self._repository.send("PATCH", self._location, headers, body)
        self._location = _location(answer, 202)

    async def received(self) -> int | None:
        """Ask how many bytes have arrived; None when the registry knows of none. Raises RegistryUnreachable."""
        answer = await self._repository.send("GET", self._location)
        if answer.status in TRANSIENT_STATUSES:
            raise failure_of(answer)
        match = _RANGE.fullmatch(answer.headers.get("range", "")) if answer.status == 204 else None
        # 0-0 is also what servers say of nothing at all.
        if match is None or not int(match[1]):
            return None
        if "location" in answer.headers:
            self._location = followed(answer.url, answer.headers["location"])
        return int(match[1]) + 1

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
    return followed(answer.url, location)


@dataclass(slots=True)
class _Course:
    """How a blob's upload goes: `offset` is where the next attempt begins, `given` what all attempts have sent at most.

    `reached` is the furthest that any upload of the blob has come; `hasher` has what the last attempt compressed.
    `is_broken` until the registry has been asked what it has of `upload`.
    """

    upload: Upload | None
    offset: int = 0
    given: int = 0
    reached: int = 0
    failures: int = 0
    is_broken: bool = False
    hasher: Hasher = field(default_factory=Hasher)

    def begin(self, upload: Upload | None) -> None:
        self.upload, self.offset, self.given, self.is_broken = upload, 0, 0, False

    def resume(self, received: int) -> None:
        # Beyond all before it: who takes much and then refuses the rest would otherwise be sent it for ever.
        if received - self.reached >= _PROGRESS_BYTES:
            self.failures, self.reached = 0, received
        self.offset, self.is_broken = received, False


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

        async def attempt(upload: Upload, course: _Course) -> Descriptor:
            with self.store.open(blob.digest) as content:
                if not course.offset:
                    await upload.put(blob.digest, lambda: self._pieces(content, course), blob.size)
                    return blob
                if course.offset < blob.size:
                    await upload.patch(lambda: self._pieces(content, course), (course.offset, blob.size))
            await upload.put(blob.digest)
            return blob

        async def is_there() -> bool:
            return await self.repository.blob_size(blob.digest) == blob.size

        return await self._with_retries(attempt, _Course(opened), is_there) or blob

    async def send_compressed(self, tar: Descriptor, opened: Upload | None = None) -> Descriptor:
        """Send a plain tar as gzip, and return what it is called there. The same tar gives the same bytes each time.

        Otherwise like `send`.
        """

        async def attempt(upload: Upload, course: _Course) -> Descriptor:
            with self.store.open(tar.digest) as content:
                await upload.patch(lambda: self._compressed(content, course))
            await upload.put(course.hasher.digest)
            return Descriptor(COMPRESSED[tar.media_type], course.hasher.digest, course.hasher.size)

        async def is_there() -> bool:
            return False  # its digest is not known before its end

        sent = await self._with_retries(attempt, _Course(opened), is_there)
        assert sent is not None
        return sent

    async def _with_retries(
        self,
        attempt: Callable[[Upload, _Course], Awaitable[Descriptor]],
        course: _Course,
        is_there: Callable[[], Awaitable[bool]],
    ) -> Descriptor | None:
        """Attempt until it is done; None when an attempt that seemed to fail had done it."""
        try:
            return await self._attempts(attempt, course, is_there)
        except BaseException as error:
            if course.upload is not None and not isinstance(error, RegistryUnreachable):
                await asyncio.shield(course.upload.cancel())
            raise

    async def _attempts(
        self,
        attempt: Callable[[Upload, _Course], Awaitable[Descriptor]],
        course: _Course,
        is_there: Callable[[], Awaitable[bool]],
    ) -> Descriptor | None:
        while True:
            is_resumed = False
            try:
                if not await self._find_place(course, is_there):
                    return None
                assert course.upload is not None
                is_resumed = course.offset > 0
                return await attempt(course.upload, course)
            except RegistryUnreachable as error:
                if not error.is_transient or course.failures >= self.retries.attempts - 1:
                    raise
                delay = self.retries.delay(course.failures, error.retry_after_seconds)
            except RegistryRefused:
                # What the registry had was not what was sent.
                if not is_resumed or course.failures >= self.retries.attempts - 1:
                    raise
                if course.upload is not None:
                    await course.upload.cancel()
                course.begin(None)
                delay = self.retries.delay(course.failures)
            course.failures += 1
            course.is_broken = course.upload is not None
            await self.waiting(delay)

    async def _find_place(self, course: _Course, is_there: Callable[[], Awaitable[bool]]) -> bool:
        """Go on where the registry is, or begin anew; False when all is there."""
        if course.is_broken and course.upload is not None:
            received = await course.upload.received()
            if received is not None and received <= course.given:
                course.resume(received)
                return True
            if received is not None:
                await course.upload.cancel()
            course.begin(None)
        if course.upload is None:
            if course.failures and await is_there():
                return False
            course.begin(await begin(self.repository))
        return True

    async def _pieces(self, content: BinaryIO, course: _Course) -> AsyncIterator[bytes]:
        count = content.seek(course.offset)
        while piece := await asyncio.to_thread(content.read, _PIECE):
            course.given = max(course.given, count + len(piece))
            yield piece
            count += len(piece)
            self.sent(count)

    async def _compressed(self, content: BinaryIO, course: _Course) -> AsyncIterator[bytes]:
        """Yield the blob as gzip from the offset on, while the course's hasher takes in the whole."""
        hasher, compressor, count = Hasher(), zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP_WINDOW), 0
        course.hasher = hasher

        def unsent(packed: bytes) -> bytes:
            hasher.update(packed)
            course.given = max(course.given, hasher.size)
            return packed[max(0, course.offset - hasher.size + len(packed)) :]

        content.seek(0)
        while piece := await asyncio.to_thread(content.read, _PIECE):
            packed = await asyncio.to_thread(compressor.compress, piece)
            count += len(piece)
            if rest := unsent(packed):
                yield rest
            self.sent(count)
        if rest := unsent(compressor.flush()):
            yield rest
