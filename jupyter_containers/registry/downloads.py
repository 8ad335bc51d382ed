"""Layers on their way into the content store: a few at once, each only once, resumed after every break.

Two pulls that need the same layer share it without a task of its own: the first one downloads, the others wait at
its lock and hear its progress. If the first is cancelled, the next takes over where it stopped.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import aiohttp

from jupyter_containers.content.ingest import Ingest, StoreFull
from jupyter_containers.content.store import ContentStore
from jupyter_containers.errors import ContainersError
from jupyter_containers.oci import media_types
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.digest import Digest, DigestMismatch
from jupyter_containers.registry.failures import (
    LayerVerificationFailed,
    RegistryRefused,
    RegistryUnreachable,
    RemoteBlobNotFound,
)
from jupyter_containers.registry.progress import (
    DOWNLOADED,
    DOWNLOADING,
    EXISTS,
    VERIFYING,
    WAITING,
    Progress,
    Tell,
    retrying,
)
from jupyter_containers.registry.repository import Repository
from jupyter_containers.registry.retries import RetryPolicy

DEFAULT_PARALLEL = 3
# A front end cannot draw faster, and each line costs the daemon a write.
_TELL_EVERY_SECONDS = 0.1
# An attempt that brought so much was not in vain: the count of failures begins anew.
_PROGRESS_BYTES = 1024 * 1024
# A manifest that lists addresses for ever must not keep us busy.
_MAX_URLS = 8

T = TypeVar("T")


@dataclass(slots=True)
class _Shared:
    """One layer that somebody downloads now, and all who want to hear of it."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    listeners: list[Tell] = field(default_factory=list)
    last: Progress | None = None

    def tell(self, progress: Progress) -> None:
        self.last = progress
        for listener in self.listeners:
            listener(progress)


class Downloads:
    """All layer downloads of one daemon; at most `parallel` run at a time."""

    def __init__(self, store: ContentStore, retries: RetryPolicy, *, parallel: int = DEFAULT_PARALLEL) -> None:
        self._store = store
        self._retries = retries
        self._slots = asyncio.Semaphore(parallel)
        self._shared: dict[Digest, _Shared] = {}

    async def download(self, repository: Repository, layer: Descriptor, tell: Tell) -> None:
        """Bring a layer into the store. Raises RegistryUnreachable after the last attempt, LayerVerificationFailed, …

        After cancellation: bytes that came stay as a suspended ingest, where the next download goes on.
        """
        if self._has(layer):
            tell(Progress(layer.digest.short, EXISTS))
            return
        shared = self._shared.setdefault(layer.digest, _Shared())
        shared.listeners.append(tell)
        if shared.last is not None:
            tell(shared.last)
        try:
            async with shared.lock:
                if not self._has(layer):
                    await self._in_turn(repository, layer, shared.tell)
            # Also for those who waited: what they asked for is there.
            tell(Progress(layer.digest.short, DOWNLOADED))
        finally:
            shared.listeners.remove(tell)
            if not shared.listeners:
                self._shared.pop(layer.digest, None)

    def _has(self, layer: Descriptor) -> bool:
        # Of another size is what a power cut has left of it, or what the manifest says of it is wrong: the registry's
        # answer tells which, before its first byte.
        return self._store.contains(layer.digest, layer.size)

    async def _in_turn(self, repository: Repository, layer: Descriptor, tell: Tell) -> None:
        if self._slots.locked():
            tell(Progress(layer.digest.short, WAITING))
        async with self._slots:
            await self._with_retries(repository, layer, tell)

    async def _with_retries(self, repository: Repository, layer: Descriptor, tell: Tell) -> None:
        attempt, transfer = 0, _Transfer(self._store, layer, tell)
        while True:
            before = transfer.received
            try:
                return await transfer.run(repository)
            except RegistryUnreachable as error:
                if transfer.received - before >= _PROGRESS_BYTES:
                    attempt = 0
                if not error.is_transient or attempt >= self._retries.attempts - 1:
                    raise
                delay = self._retries.delay(attempt, error.retry_after_seconds)
            attempt += 1
            await self._count_down(delay, layer, tell)

    async def _count_down(self, seconds: float, layer: Descriptor, tell: Tell) -> None:
        while seconds > 0:
            tell(Progress(layer.digest.short, retrying(max(1, round(seconds)))))
            await self._retries.sleep(min(1.0, seconds))
            seconds -= 1.0


class _Transfer:
    """The attempts at one layer. `received` counts all bytes that came, of all attempts."""

    def __init__(self, store: ContentStore, layer: Descriptor, tell: Tell) -> None:
        self._store = store
        self._layer = layer
        self._tell = tell
        self._told_at = 0.0
        self.received = 0

    async def run(self, repository: Repository) -> None:
        """Try once, beginning where an earlier attempt (or an earlier daemon) stopped."""
        layer = self._layer
        async with _opened(self._store, layer) as ingest:
            was_resumed = ingest.offset > 0
            if ingest.offset < layer.size:
                await self._receive(repository, ingest)
            self._tell(Progress(layer.digest.short, VERIFYING))
            try:
                await finish_in_thread(ingest.commit)
            except DigestMismatch as error:
                ingest.abort()
                if was_resumed:
                    # The part from before may be what is wrong; without it the bytes get one more chance.
                    raise RegistryUnreachable(f"layer {layer.digest} was damaged before it was resumed") from error
                raise LayerVerificationFailed(layer.digest) from error

    async def _receive(self, repository: Repository, ingest: Ingest) -> None:
        layer = self._layer
        async with self._source(repository, ingest.offset) as response:
            _align(response, ingest, layer)
            async for chunk in response.content.iter_any():
                if ingest.offset + len(chunk) > layer.size:
                    ingest.abort()
                    raise RegistryRefused(f"layer {layer.digest} goes on after the {layer.size} bytes promised")
                ingest.write(chunk)
                self.received += len(chunk)
                self._tell_bytes(ingest.offset)
        if ingest.offset < layer.size:
            raise RegistryUnreachable(f"layer {layer.digest} ended after {ingest.offset} of {layer.size} bytes")

    @asynccontextmanager
    async def _source(self, repository: Repository, offset: int) -> AsyncIterator[aiohttp.ClientResponse]:
        """Open the layer at the registry; a foreign one that is not there, where its descriptor says that it is."""
        layer = self._layer
        async with AsyncExitStack() as stack:
            try:
                response = await stack.enter_async_context(repository.blob(layer.digest, offset=offset))
            except RemoteBlobNotFound as error:
                if not layer.urls or not media_types.is_foreign(layer.media_type):
                    raise
                response = await self._elsewhere(stack, repository, offset, error)
            yield response

    async def _elsewhere(
        self, stack: AsyncExitStack, repository: Repository, offset: int, failure: ContainersError
    ) -> aiohttp.ClientResponse:
        """Open the first address of the layer that can be opened. Raises what the last one that was tried raised."""
        for url in self._layer.urls[:_MAX_URLS]:
            try:
                return await stack.enter_async_context(repository.blob_at(url, offset=offset))
            except ContainersError as error:
                failure = error
        raise failure

    def _tell_bytes(self, offset: int) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._told_at >= _TELL_EVERY_SECONDS or offset == self._layer.size:
            self._told_at = now
            self._tell(Progress(self._layer.digest.short, DOWNLOADING, offset, self._layer.size))


def _align(response: aiohttp.ClientResponse, ingest: Ingest, layer: Descriptor) -> None:
    """Make the ingest stand where the body begins, and refuse a body of the wrong length before its first byte."""
    if response.status == 416:
        ingest.restart()
        raise RegistryUnreachable(f"registry cannot continue layer {layer.digest} at its end; beginning again")
    if response.status == 200:
        ingest.restart()
    elif not response.headers.get("Content-Range", "").startswith(f"bytes {ingest.offset}-"):
        ingest.restart()
        raise RegistryUnreachable(f"registry continued layer {layer.digest} at another place; beginning again")
    length = response.content_length
    if length is not None and length != layer.size - ingest.offset:
        raise RegistryRefused(
            f"registry has {length + ingest.offset} bytes for layer {layer.digest}, the manifest promises {layer.size}"
        )


@asynccontextmanager
async def _opened(store: ContentStore, layer: Descriptor) -> AsyncIterator[Ingest]:
    """Open the layer's ingest; whatever ends the block without a commit or an abort suspends it."""
    # In a thread: what an earlier attempt left is hashed again, perhaps gigabytes.
    ingest = await finish_in_thread(
        lambda: store.ingest(f"layer {layer.digest}", expected=layer.digest, size=layer.size), undo=Ingest.suspend
    )
    try:
        yield ingest
    except (OSError, StoreFull):
        # The disk is full, most likely: a part that nobody can complete would only keep it so.
        ingest.abort()
        raise
    finally:
        ingest.suspend()


async def finish_in_thread(work: Callable[[], T], undo: Callable[[T], None] | None = None) -> T:
    """Run blocking work in a thread. After cancellation: the work is finished first, then undone if `undo` is given.

    Otherwise a thread would write into an ingest that its owner has closed.
    """
    future = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        while not future.done():
            try:
                await asyncio.wait([future])
            except asyncio.CancelledError:
                continue  # asked twice to hurry; a thread cannot
        if future.exception() is None and undo is not None:
            undo(future.result())
        raise
