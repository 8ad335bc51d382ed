"""The face of the room: resolve, pull and push, each with its own credentials, over one shared session."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Self

import aiohttp

from jupyter_containers.content.store import ContentStore
from jupyter_containers.errors import ContainersError
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.manifest import Index
from jupyter_containers.oci.platform import Platform
from jupyter_containers.oci.reference import Reference
from jupyter_containers.registry import push, resolver
from jupyter_containers.registry.certificates import Certificates
from jupyter_containers.registry.credentials import Credentials
from jupyter_containers.registry.description import Description, describe
from jupyter_containers.registry.downloads import DEFAULT_PARALLEL, Downloads
from jupyter_containers.registry.endpoints import EndpointRules, is_listed
from jupyter_containers.registry.fetching import AnyAddress, Fetched, fetch
from jupyter_containers.registry.login import log_in
from jupyter_containers.registry.places import BlobPlaces, NoPlaces
from jupyter_containers.registry.progress import Progress, Tell
from jupyter_containers.registry.pull import Pulled, Puller
from jupyter_containers.registry.push import Pushable, Pushed, Pusher
from jupyter_containers.registry.remote import Remote
from jupyter_containers.registry.repository import Repository, open_repository
from jupyter_containers.registry.retries import RetryPolicy
from jupyter_containers.registry.search import Found, search
from jupyter_containers.registry.transport import Transport, new_session

_log = logging.getLogger(__name__)


class Registry:
    """All registries, seen from one daemon. Use inside one event loop; `async with`, or `close` at the end.

    `insecure` holds hosts, `host:port` and networks that may be spoken to without checked TLS, besides the loopback;
    `mirrors` URLs of registries to ask before Docker Hub.
    `nondistributable` lists, like `insecure`, the registries that are sent foreign layers, too.
    `new_session` makes the HTTP session at the first request. `parallel` layers are downloaded at a time, over all
    pulls together. `places` remembers where blobs are.
    """

    def __init__(
        self,
        content: ContentStore,
        *,
        insecure: tuple[str, ...] = (),
        mirrors: tuple[str, ...] = (),
        nondistributable: tuple[str, ...] = (),
        new_session: Callable[[], aiohttp.ClientSession] = new_session,
        retries: RetryPolicy | None = None,
        parallel: int = DEFAULT_PARALLEL,
        places: BlobPlaces | None = None,
    ) -> None:
        self._content = content
        self._places = places or NoPlaces()
        self._upload_slots = asyncio.Semaphore(push.DEFAULT_PARALLEL)
        self._nondistributable = nondistributable
        self._rules = EndpointRules(insecure, mirrors)
        self._new_session = new_session
        self._certificates = Certificates()
        self._retries = retries or RetryPolicy()
        self._session: aiohttp.ClientSession | None = None
        self._downloads = Downloads(content, self._retries, parallel=parallel)

    async def resolve(self, reference: Reference, credentials: Credentials | None = None) -> Descriptor:
        """Return the descriptor (of a manifest or index) that a reference has at its registry now.

        Raises ManifestNotFound, RepositoryNotFound, PullDenied, LoginRequired, RegistryUnreachable. After
        cancellation: nothing happened.
        """
        reference = reference.with_default_tag()
        return await resolver.resolve(await self._open(reference, credentials), reference)

    async def describe(self, reference: Reference, credentials: Credentials | None = None) -> Description:
        """Return what is there under a reference, and for which platforms; nothing is kept. Raises as `resolve`."""
        reference = reference.with_default_tag()
        return await describe(await self._open(reference, credentials), reference, self._content)

    async def log_in(self, domain: str, credentials: Credentials) -> str:
        """Return the identity token that a registry gives for credentials that it accepts, "" for none.

        Raises LoginFailed, RegistryUnreachable.
        """
        return await log_in(self._transport(), domain, credentials)

    def fetch(self, url: str, *, proxy: str | None = None) -> AbstractAsyncContextManager[Fetched]:
        """Open a file at a URL that a user has written. Raises as fetching.fetch."""
        transport = Transport(self._opened_session(), AnyAddress(), self._retries, self._certificates)
        return fetch(transport, url, proxy=proxy)

    async def open(
        self, reference: Reference, credentials: Credentials | None = None, *, progress: Tell | None = None
    ) -> Remote:
        """Return what asks for single manifests and blobs of a reference. Raises LoginRequired, RegistryUnreachable."""
        reference = reference.with_default_tag()
        repository = await self._open(reference, credentials)
        return Remote(repository, reference, self._content, self._downloads, progress or _tell_nobody)

    async def search(
        self, term: str, *, limit: int | None = None, credentials: Credentials | None = None
    ) -> list[Found]:
        """Return what an index says to a few words. Raises as search.search."""
        return await search(self._transport(), term, limit=limit, credentials=credentials)

    async def tags(self, reference: Reference, credentials: Credentials | None = None) -> list[str]:
        """Return all tags of a repository. Raises what `resolve` raises."""
        return await resolver.tags(await self._open(reference, credentials), reference)

    async def pull(
        self,
        reference: Reference,
        *,
        platform: Platform,
        credentials: Credentials | None = None,
        progress: Tell | None = None,
    ) -> Pulled:
        """Bring an image's manifest, config and layers into the content store; nothing is unpacked or named.

        `progress` is called on the event loop; the first call says that the image is there, with "Pulling from …".
        Raises what `resolve` raises, RemoteBlobNotFound, LayerVerificationFailed, Unsupported (an artifact, another
        operating system, an old format), NotFound (no manifest for the platform), RegistryRefused. After
        cancellation: finished blobs and partial layers stay in the store, and the next pull goes on from there.
        """
        reference, tell = reference.with_default_tag(), progress or _tell_nobody
        pulled = await self._pull_from_mirrors(reference, platform, tell)
        if pulled is not None:
            return pulled
        repository = await self._open(reference, credentials)
        pulled = await Puller(repository, self._content, self._downloads, tell).pull(reference, platform)
        for layer in pulled.manifest.layers:
            self._places.remember(layer.digest, reference.repository, layer)
        return pulled

    async def _pull_from_mirrors(self, reference: Reference, platform: Platform, tell: Tell) -> Pulled | None:
        """Pull from the first mirror that has it all; None if there is none. Credentials are not for mirrors."""
        for endpoint in self._rules.mirrors_of(reference.domain):
            try:
                repository = await open_repository(self._transport(), reference, endpoints=(endpoint,))
                return await Puller(repository, self._content, self._downloads, tell).pull(reference, platform)
            except ContainersError as error:
                _log.info("mirror %s cannot give %s: %s", endpoint.url, reference.familiar, error.message)
        return None

    async def push(
        self,
        reference: Reference,
        image: Pushable,
        *,
        credentials: Credentials | None = None,
        progress: Tell | None = None,
    ) -> Pushed:
        """Send an image that is in the content store to its repository, and let the reference's tag point at it.

        `progress` is called on the event loop. Raises LoginRequired, RegistryRefused (denied), RegistryUnreachable,
        BlobNotFound. After cancellation: see Pusher.push.
        """
        return await (await self._pusher(reference, credentials, progress)).push(image)

    async def push_index(
        self,
        reference: Reference,
        index: Index,
        content: bytes,
        images: Sequence[Pushable],
        *,
        credentials: Credentials | None = None,
        progress: Tell | None = None,
    ) -> Pushed:
        """Send an index, whose bytes are `content`, with the images that it lists, in their order. Raises as `push`."""
        pusher = await self._pusher(reference, credentials, progress)
        return await pusher.push_index(index, content, images)

    async def _pusher(self, reference: Reference, credentials: Credentials | None, progress: Tell | None) -> Pusher:
        return Pusher(
            await self._open(reference, credentials, pushes=True),
            reference,
            self._content,
            self._places,
            self._retries,
            self._upload_slots,
            progress or _tell_nobody,
            sends_foreign=is_listed(reference.domain, self._nondistributable),
        )

    async def close(self) -> None:
        """Close all connections. The registry may be used again after."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        await self.close()

    async def _open(self, reference: Reference, credentials: Credentials | None, *, pushes: bool = False) -> Repository:
        return await open_repository(self._transport(), reference, credentials, pushes=pushes)

    def _transport(self) -> Transport:
        return Transport(self._opened_session(), self._rules, self._retries, self._certificates)

    def _opened_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = self._new_session()
        return self._session


def _tell_nobody(_: Progress) -> None:
    pass
