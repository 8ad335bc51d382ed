"""One file from anywhere on the web, for imports, contexts and ADD: the transport's rules, without a registry's words.

Unlike a registry's, such a URL is what the user wrote: it may be plain HTTP, and on this machine. What it redirects to
may not be on this machine unless it was itself.
"""

from __future__ import annotations

import email.utils
import re
import urllib.parse
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from jupyter_containers.errors import ContainersError, InvalidParameter, NotFound
from jupyter_containers.linux.own_addresses import is_own
from jupyter_containers.linux.trees import is_file_name
from jupyter_containers.registry.endpoints import Endpoint, EndpointRules, ForbiddenAddress, parts_of
from jupyter_containers.registry.failures import phrase_of, shown_url
from jupyter_containers.registry.transport import Request, Transport, read_answer

_SHOWN_BYTES = 4096
_FILE_NAME = re.compile(r'filename="?([^";]+)"?')


class AnyAddress(EndpointRules):
    """Allows http and https, with checked certificates."""

    def allow(self, url: str, *, source: str) -> Endpoint:
        parts = parts_of(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ForbiddenAddress(f"{shown_url(source)} leads to {url!r}, which is not an http or https address")
        if is_own(parts.hostname) and not is_own(urllib.parse.urlsplit(source).hostname or ""):
            raise ForbiddenAddress(f"{shown_url(source)} leads to {shown_url(url)}, which is this machine")
        return Endpoint(f"{parts.scheme}://{parts.netloc}")


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file that is coming: `name` as the server or the URL has it, "" for none; `modified_at` seconds, or None."""

    name: str
    modified_at: float | None
    chunks: AsyncIterator[bytes]


@asynccontextmanager
async def fetch(transport: Transport, url: str, *, proxy: str | None = None) -> AsyncIterator[Fetched]:
    """Open a URL; the file is read inside the block. `proxy` as in Request.

    Raises InvalidParameter for what is no URL, NotFound and ContainersError with the server's answer,
    RegistryUnreachable, ForbiddenAddress.
    """
    parts = parts_of(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InvalidParameter(f"{shown_url(url)!r} is not an http or https address")
    async with transport.stream(Request("GET", url, proxy=proxy)) as response:
        if response.status >= 400:
            answer = await read_answer(response, url, limit=_SHOWN_BYTES)
            shown = answer.body.decode("utf-8", "replace").strip()
            status = f"{response.status} {phrase_of(response.status)}".rstrip()
            kind = NotFound if response.status == 404 else ContainersError
            raise kind(f"failed to GET {shown_url(url)} with status {status}: {shown}", status=400)
        stamp = response.headers.get("Last-Modified", "")
        named = _FILE_NAME.search(response.headers.get("Content-Disposition", ""))
        name = named[1] if named else urllib.parse.unquote(parts.path)
        name = name.rpartition("/")[2]
        yield Fetched(name if is_file_name(name) else "", _seconds(stamp), response.content.iter_any())


def _seconds(stamp: str) -> float | None:
    try:
        return email.utils.parsedate_to_datetime(stamp).timestamp() if stamp else None
    except (ValueError, OverflowError):  # a year or a zone of twenty digits
        return None
