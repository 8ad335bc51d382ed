"""One repository at one registry, logged in as far as needed: its manifests and blobs."""

from __future__ import annotations

import urllib.parse
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import aiohttp

from jupyter_containers.errors import ContainersError, NotFound
from jupyter_containers.oci import media_types
from jupyter_containers.oci.digest import Digest
from jupyter_containers.oci.manifest import MAX_MANIFEST_BYTES
from jupyter_containers.oci.reference import Reference
from jupyter_containers.registry.authentication import Authenticator
from jupyter_containers.registry.credentials import Credentials
from jupyter_containers.registry.endpoints import Endpoint
from jupyter_containers.registry.failures import (
    Answer,
    LoginRequired,
    RegistryRefused,
    RegistryUnreachable,
    RemoteBlobNotFound,
    for_answer,
    phrase_of,
)
from jupyter_containers.registry.retries import TRANSIENT_STATUSES, retry_after
from jupyter_containers.registry.transport import Body, Request, Transport, followed, read_answer

MAX_ERROR_BYTES = 64 * 1024
MAX_TAGS_BYTES = 4 * 1024 * 1024
_ACCEPT = {"Accept": ", ".join(media_types.ACCEPTED + tuple(sorted(media_types.SCHEMA_1)))}


class Repository:
    """Ask for manifests and blobs. Made by `open_repository`; holds no connection of its own."""

    def __init__(
        self,
        transport: Transport,
        endpoint: Endpoint,
        reference: Reference,
        authenticator: Authenticator,
        *,
        pushes: bool = False,
    ) -> None:
        self._transport = transport
        self._endpoint = endpoint
        self._base = f"{endpoint.url}/v2/{reference.path}"
        self._authenticator = authenticator
        self._pushes = pushes

    async def manifest(self, key: str, *, method: str = "GET") -> Answer:
        """Return the registry's answer for a tag or digest, whatever its status. Raises RegistryUnreachable."""
        return await self._read(method, f"{self._base}/manifests/{key}", _ACCEPT, MAX_MANIFEST_BYTES)

    async def tags(self, link: str = "") -> Answer:
        """Return a page of the list of tags: the first one, or the one that a Link header leads to."""
        url = followed(f"{self._base}/tags/list", link) if link else f"{self._base}/tags/list"
        if urllib.parse.urlsplit(url)[:2] != urllib.parse.urlsplit(self._base)[:2]:
            raise RegistryRefused(f"the list of tags goes on at another host: {url}")
        return await self._read("GET", url, {}, MAX_TAGS_BYTES)

    async def blob_size(self, digest: Digest) -> int | None:
        """Return how many bytes a blob has that is there, None if it is not. Raises as `blob`."""
        answer = await self._read("HEAD", self._blob_url(digest), {}, MAX_ERROR_BYTES)
        if answer.status == 404:
            return None
        if not answer.is_ok:
            raise _blob_failure(answer, digest)
        length = answer.headers.get("content-length", "")
        return int(length) if length.isdecimal() else 0

    async def put_manifest(self, key: str, content: bytes, media_type: str) -> Answer:
        """Give a manifest a tag or its digest; return the registry's answer. All that it lists must be there."""
        url = f"{self._base}/manifests/{key}"
        return await self._read("PUT", url, {"Content-Type": media_type}, MAX_ERROR_BYTES, content)

    @property
    def uploads_url(self) -> str:
        return f"{self._base}/blobs/uploads/"

    async def send(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, body: Body | None = None
    ) -> Answer:
        """Send a part of an upload, and return the answer; one attempt, except for logging in.

        A registry may take the bytes at another host: credentials do not go there.
        """
        is_here = urllib.parse.urlsplit(url)[:2] == urllib.parse.urlsplit(self._base)[:2]
        for is_last in (False, True):
            request = await self._request(method, url, headers or {}, body)
            if not is_here:
                endpoint = self._transport.rules.allow(url, source=self._endpoint.url)
                request = replace(request, authorization=None, verify_tls=endpoint.verify_tls)
            answer = await self._transport.read(request, limit=MAX_ERROR_BYTES, attempts=1)
            if answer.status != 401 or is_last or not is_here or not await self._log_in(request, answer):
                break
        return answer

    async def small_blob(self, digest: Digest, *, limit: int) -> bytes:
        """Return a whole blob of at most `limit` bytes, unchecked. Raises RemoteBlobNotFound."""
        answer = await self._read("GET", self._blob_url(digest), {}, limit)
        if answer.status == 404:
            raise RemoteBlobNotFound(digest)
        if not answer.is_ok:
            raise for_answer(answer)
        return answer.body

    @asynccontextmanager
    async def blob(self, digest: Digest, *, offset: int = 0) -> AsyncIterator[aiohttp.ClientResponse]:
        """Open a blob, from `offset` on if the registry can (status 206); one attempt, except for logging in.

        Raises RegistryUnreachable (which says whether trying again may help), RemoteBlobNotFound, LoginRequired.
        """
        headers = {"Range": f"bytes={offset}-"} if offset else {}
        for is_last in (False, True):
            request = await self._request("GET", self._blob_url(digest), headers)
            async with self._transport.stream(request) as response:
                if response.status in (200, 206, 416):
                    yield response
                    return
                answer = await read_answer(response, request.url, limit=MAX_ERROR_BYTES)
            if answer.status == 401 and not is_last and await self._authenticator.answer(request.authorization, answer):
                continue
            raise _blob_failure(answer, digest)

    @asynccontextmanager
    async def blob_at(self, url: str, *, offset: int = 0) -> AsyncIterator[aiohttp.ClientResponse]:
        """Open a blob at an address that its descriptor names, like `blob`; credentials do not go there.

        Raises ForbiddenAddress, RegistryUnreachable, NotFound and others for what that host answers.
        """
        endpoint = self._transport.rules.allow(url, source=self._endpoint.url)
        headers = {"Range": f"bytes={offset}-"} if offset else {}
        request = Request("GET", url, headers, verify_tls=endpoint.verify_tls)
        async with self._transport.stream(request) as response:
            if response.status in (200, 206, 416):
                yield response
                return
            status = f"{response.status} {phrase_of(response.status)}".rstrip()
            message = f"failed to GET {url} with status {status}"
            if response.status in TRANSIENT_STATUSES:
                wanted = retry_after(response.headers.get("Retry-After"))
                raise RegistryUnreachable(message, retry_after_seconds=wanted)
            raise NotFound(message) if response.status == 404 else RegistryRefused(message)

    async def _read(
        self, method: str, url: str, headers: Mapping[str, str], limit: int, body: bytes | None = None
    ) -> Answer:
        request = await self._request(method, url, headers, body)
        answer = await self._transport.read(request, limit=limit)
        if answer.status == 401 and await self._log_in(request, answer):
            answer = await self._transport.read(await self._request(method, url, headers, body), limit=limit)
        return answer

    async def _log_in(self, request: Request, answer: Answer) -> bool:
        try:
            return await self._authenticator.answer(request.authorization, answer)
        except LoginRequired as error:
            if self._pushes:
                raise  # dockerd tells no more than the reason
            raise LoginRequired(f'{request.method.capitalize()} "{request.url}": {error.message}') from error

    async def _request(self, method: str, url: str, headers: Mapping[str, str], body: Body | None = None) -> Request:
        authorization = await self._authenticator.header()
        return Request(method, url, headers, authorization, body=body, verify_tls=self._endpoint.verify_tls)

    def _blob_url(self, digest: Digest) -> str:
        return f"{self._base}/blobs/{digest}"


async def open_repository(
    transport: Transport,
    reference: Reference,
    credentials: Credentials | None = None,
    *,
    pushes: bool = False,
    endpoints: Sequence[Endpoint] | None = None,
) -> Repository:
    """Find the endpoint of the reference's domain that answers, and log in if it asks for that; `pushes`: to write.

    `endpoints` are others to ask instead, such as a mirror.

    Raises RegistryUnreachable with the last endpoint's failure, or LoginRequired.
    """
    failure: ContainersError | None = None
    for endpoint in transport.rules.endpoints(reference.domain) if endpoints is None else endpoints:
        url = f"{endpoint.url}/v2/"
        request = Request("GET", url, verify_tls=endpoint.verify_tls)
        try:
            # One attempt: a host that is not there should be reported now, not after a quarter of a minute.
            answer = await transport.read(request, limit=MAX_ERROR_BYTES, attempts=1)
        except RegistryUnreachable as error:
            failure = failure or error
            continue
        if answer.status == 400 and url.startswith("http:"):
            failure = failure or for_answer(answer)  # a TLS server's word for a plain request
            continue
        scope = f"repository:{reference.path}:{'pull,push' if pushes else 'pull'}"
        authenticator = Authenticator(transport, endpoint, scope=scope, credentials=credentials)
        repository = Repository(transport, endpoint, reference, authenticator, pushes=pushes)
        if answer.status == 401:
            tag_url = f"{endpoint.url}/v2/{reference.path}/manifests/{reference.digest or reference.tag}"
            await repository._log_in(Request("HEAD", tag_url), answer)
        return repository
    raise failure or RegistryUnreachable(f"no way to reach {reference.domain}")


def _blob_failure(answer: Answer, digest: Digest) -> ContainersError:
    if answer.status == 404:
        return RemoteBlobNotFound(digest)
    if answer.status in TRANSIENT_STATUSES:
        wanted = retry_after(answer.headers.get("retry-after"))
        return RegistryUnreachable(for_answer(answer).message, retry_after_seconds=wanted)
    return for_answer(answer)
