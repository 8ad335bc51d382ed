"""One HTTP request: sent, redirected, read within limits, tried again. No registry words here.

aiohttp would follow redirects, unpack bodies, keep cookies and read ~/.netrc by itself; all of that is switched off,
because each has once carried a password to the wrong host or bytes past a limit.
"""

from __future__ import annotations

import asyncio
import ssl
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp
from yarl import URL

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.registry.certificates import Certificates
from jupyter_containers.registry.endpoints import EndpointRules, is_loopback
from jupyter_containers.registry.failures import (
    Answer,
    RegistryRefused,
    RegistryUnreachable,
    network_failures,
    shown_url,
)
from jupyter_containers.registry.retries import TRANSIENT_STATUSES, RetryPolicy, retry_after
from jupyter_containers.registry.witness import noting

MAX_REDIRECTS = 10
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
READ_BUFFER_BYTES = 256 * 1024
# Sending: so long may nothing go out; so long may a registry take to look at what it got, before it answers.
STALLED_SECONDS = 60
DIGESTING_SECONDS = 300
# Within so long a small answer must be there whole, and the head of a large one, however steadily its bytes come.
ANSWER_SECONDS = 120

# What is sent: bytes, or what makes the stream anew for each attempt.
Body = bytes | Callable[[], AsyncIterator[bytes]]


@dataclass(frozen=True, slots=True)
class Request:
    """`authorization` is the value of that header, and never goes to another host than the one in `url`.

    `proxy` is one that the caller knows of, "" for none; None: as the daemon's environment says.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    authorization: str | None = field(default=None, repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    body: Body | None = field(default=None, repr=False)
    verify_tls: bool = True
    proxy: str | None = None


@dataclass(frozen=True, slots=True)
class Patience:
    """`connect_seconds` to reach a host; `idle_seconds` without a byte before a connection counts as dead."""

    connect_seconds: float = 15
    idle_seconds: float = 30


def new_session(patience: Patience | None = None) -> aiohttp.ClientSession:
    """Return a session as this room needs it; the caller closes it. Call inside a running event loop."""
    patience = patience or Patience()
    timeout = aiohttp.ClientTimeout(
        total=None, sock_connect=patience.connect_seconds, sock_read=patience.idle_seconds, connect=None
    )
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=32, limit_per_host=8),
        timeout=timeout,
        auto_decompress=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        read_bufsize=READ_BUFFER_BYTES,
        # Bodies are checked by digest, so they must come as they are.
        headers={"Accept-Encoding": "identity", "User-Agent": "jupyter-containers"},
    )


class Transport:
    """Sends requests over one session, under the rules of which hosts may be used how."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        rules: EndpointRules,
        retries: RetryPolicy,
        certificates: Certificates | None = None,
    ) -> None:
        self._session = session
        self.rules = rules
        self.retries = retries
        self._certificates = certificates or Certificates()

    async def read(self, request: Request, *, limit: int, attempts: int | None = None) -> Answer:
        """Send and read the whole answer of at most `limit` bytes, whatever its status, trying again as agreed.

        Raises RegistryUnreachable, or RegistryRefused for a longer body. After cancellation the connection is closed.
        """
        last = (self.retries.attempts if attempts is None else attempts) - 1
        for attempt in range(last):
            try:
                answer = await self._read_once(request, limit)
            except RegistryUnreachable as error:
                if not error.is_transient:
                    raise
                wanted = error.retry_after_seconds
            else:
                if answer.status not in TRANSIENT_STATUSES:
                    return answer
                wanted = retry_after(answer.headers.get("retry-after"))
            await self.retries.sleep(self.retries.delay(attempt, wanted))
        return await self._read_once(request, limit)

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send once, follow redirects, and give the answer with its body unread. Raises RegistryUnreachable.

        Failures while the body is read inside the block become RegistryUnreachable too.
        """
        for _ in range(MAX_REDIRECTS):
            with network_failures(request.method, request.url):
                response = await self._send(request)
                try:
                    location = response.headers.get("Location")
                    if response.status not in _REDIRECTS or not location:
                        yield response
                        return
                finally:
                    # Keeps the connection only if the body was read to its end.
                    response.release()
            request = self._redirected(request, location, response.status)
        last = shown_url(request.url)
        raise RegistryRefused(f"registry redirected more than {MAX_REDIRECTS} times, the last time to {last}")

    async def _read_once(self, request: Request, limit: int) -> Answer:
        async with self.stream(request) as response:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await read_answer(response, request.url, limit=limit)

    async def _send(self, request: Request) -> aiohttp.ClientResponse:
        if request.body is None:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await self._sent(request, dict(request.form) if request.form is not None else None, None)
        patience = aiohttp.ClientTimeout(
            total=None, sock_connect=self._session.timeout.sock_connect, sock_read=DIGESTING_SECONDS
        )
        if isinstance(request.body, bytes):
            return await self._sent(request, request.body, patience)
        async with asyncio.timeout(STALLED_SECONDS) as deadline:
            return await self._sent(request, _watched(request.body(), deadline), patience)

    async def _sent(
        self, request: Request, content: Any, patience: aiohttp.ClientTimeout | None
    ) -> aiohttp.ClientResponse:
        headers = dict(request.headers)
        if request.authorization is not None:
            headers["Authorization"] = request.authorization
        checked_by = await self._checked_by(request)
        with noting(request.method, request.url) as noted:
            response = await self._session.request(
                request.method,
                _address(request.url),
                headers=headers,
                data=content,
                allow_redirects=False,
                timeout=patience or self._session.timeout,
                ssl=checked_by,
                proxy=_proxy_for(request.url) if request.proxy is None else request.proxy or None,
            )
            noted["result"] = str(response.status)
            return response

    async def _checked_by(self, request: Request) -> ssl.SSLContext | bool:
        """Return what to check the host's certificate by."""
        parts = urllib.parse.urlsplit(request.url)
        if parts.scheme != "https":
            return request.verify_tls
        return await asyncio.to_thread(self._certificates.context, parts.netloc, verify=request.verify_tls)

    def _redirected(self, request: Request, location: str, status: int) -> Request:
        source = shown_url(request.url)
        url = followed(request.url, location)
        target = self.rules.allow(url, source=request.url)
        is_same_host = urllib.parse.urlsplit(url)[:2] == urllib.parse.urlsplit(request.url)[:2]
        if request.form is not None and not is_same_host:
            # Forms are what tokens are asked for with: a password or an identity token is in them.
            raise RegistryRefused(
                f"{source} points to {shown_url(url)}: credentials in the body of a request do not go to another host"
            )
        return replace(
            request,
            url=url,
            method="GET" if status == 303 and request.method != "HEAD" else request.method,
            authorization=request.authorization if is_same_host else None,
            verify_tls=request.verify_tls if is_same_host else target.verify_tls,
        )


async def _watched(chunks: AsyncIterator[bytes], deadline: asyncio.Timeout) -> AsyncIterator[bytes]:
    """Pass chunks on; each that is taken shows that the other side still reads."""
    clock = asyncio.get_running_loop().time
    async for chunk in chunks:
        deadline.reschedule(clock() + STALLED_SECONDS)
        yield chunk
    deadline.reschedule(clock() + DIGESTING_SECONDS)


async def read_answer(response: aiohttp.ClientResponse, url: str, *, limit: int) -> Answer:
    """Read an answer to its end. Raises RegistryRefused beyond `limit` bytes; of an error the rest is dropped."""
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > limit:
            if response.status < 400:
                raise RegistryRefused(f"answer of {shown_url(url)} is over the limit of {limit} bytes")
            del body[limit:]
            response.close()
            break
    headers = {name.lower(): value for name, value in response.headers.items()}
    headers |= {"www-authenticate": ", ".join(response.headers.getall("WWW-Authenticate", ()))}
    return Answer(url, response.status, headers, bytes(body))


def followed(url: str, location: str) -> str:
    """Return the address that an answer of `url` leads to. Raises RegistryRefused for what is none."""
    try:
        found = urllib.parse.urljoin(url, location)
        _ = urllib.parse.urlsplit(found).port
    except ValueError as error:
        raise RegistryRefused(f"registry {shown_url(url)} points to {location!r}, which is no address") from error
    return found


def _address(url: str) -> URL:
    """Return a URL as aiohttp takes it. Raises InvalidParameter."""
    try:
        # The path is sent as it was given: a signed URL changes its meaning when its escapes are rewritten.
        return URL(url, encoded=True)
    except ValueError as error:
        raise InvalidParameter(f"{shown_url(url)!r} is not an http or https address: {error}") from error


def _proxy_for(url: str) -> str | None:
    """Return the proxy that the daemon's environment names for a URL (HTTP_PROXY, HTTPS_PROXY, NO_PROXY)."""
    parts = urllib.parse.urlsplit(url)
    host = parts.hostname or ""
    if is_loopback(host) or urllib.request.proxy_bypass(parts.netloc.rpartition("@")[2]):
        return None
    proxy = urllib.request.getproxies().get(parts.scheme)
    if proxy and "://" not in proxy:
        proxy = f"http://{proxy}"
    return proxy
