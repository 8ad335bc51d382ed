"""The body of /build: a tar as Docker's clients send it, or several parts, which only our own client sends.

The Engine API has no place for secrets, nor for more than one context: BuildKit's clients have a connection of their
own for them. A body of type multipart/form-data is our extension. Its parts, in this order:

| name           | content                                                                   |
|----------------|---------------------------------------------------------------------------|
| `secret.ID`    | what `RUN --mount=type=secret,id=ID` shows, at most MAX_SECRET_BYTES       |
| `known-hosts`  | keys of ssh servers for git, as in OpenSSH's files, at most 1 MiB           |
| `context.NAME` | a tar: the named context NAME                                             |
| `context`      | a tar: the build context, last; left out with `remote=`                   |

ID and NAME are percent-encoded. Secrets are never in a query, which proxies and logs keep.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from aiohttp import BodyPartReader, MultipartReader, web

from jupyter_containers.engine.contexts import MAIN, Tars
from jupyter_containers.errors import InvalidParameter

# As in BuildKit. Source: moby/buildkit, session/secrets, MaxSecretSize.
MAX_SECRET_BYTES = 500 * 1024
MAX_SECRETS = 100
MAX_KNOWN_HOSTS_BYTES = 1 << 20
_CHUNK = 256 * 1024
_SECRET, _CONTEXT, _KNOWN_HOSTS = "secret.", "context.", "known-hosts"


@dataclass(frozen=True, slots=True)
class Enclosed:
    """What comes before the contexts."""

    secrets: Mapping[str, bytes] = field(default_factory=dict, repr=False, hash=False)
    known_hosts: bytes = field(default=b"", repr=False)


async def read_body(request: web.Request) -> tuple[Enclosed, Tars]:
    """Return what is enclosed, and the tars of contexts as they come. Raises InvalidParameter, never with a secret."""
    if not request.content_type.startswith("multipart/"):
        return Enclosed(), _only(request)
    try:
        reader = await request.multipart()
    except ValueError as error:
        raise InvalidParameter(f"the body's parts cannot be told apart: {error}") from error
    secrets: dict[str, bytes] = {}
    part = await _next(reader)
    while part is not None and _name(part).startswith(_SECRET):
        name = unquote(_name(part).removeprefix(_SECRET))
        if len(secrets) >= MAX_SECRETS:
            raise InvalidParameter(f"more than {MAX_SECRETS} secrets; put several into one file")
        too_long = f"secret {name} is larger than {MAX_SECRET_BYTES} bytes; COPY what is no secret"
        secrets[name] = await _read(part, MAX_SECRET_BYTES, too_long)
        part = await _next(reader)
    known_hosts = b""
    if part is not None and _name(part) == _KNOWN_HOSTS:
        too_long = f"the known hosts are larger than {MAX_KNOWN_HOSTS_BYTES} bytes"
        known_hosts = await _read(part, MAX_KNOWN_HOSTS_BYTES, too_long)
        part = await _next(reader)
    return Enclosed(secrets, known_hosts), _tars(reader, part)


async def _only(request: web.Request) -> Tars:
    yield MAIN, request.content.iter_chunked(_CHUNK)


async def _tars(reader: MultipartReader, part: BodyPartReader | None) -> Tars:
    while part is not None:
        name = _name(part)
        if name == _CONTEXT.rstrip("."):
            yield MAIN, _chunks(part)
        elif name.startswith(_CONTEXT) and name != _CONTEXT:
            yield unquote(name.removeprefix(_CONTEXT)), _chunks(part)
        else:
            raise InvalidParameter(
                f"unexpected part {name!r} of the body; secret.ID come first, then known-hosts, context.NAME, and "
                "context"
            )
        part = await _next(reader)


async def _next(reader: MultipartReader) -> BodyPartReader | None:
    try:
        part = await reader.next()
    except ValueError as error:
        raise InvalidParameter(f"the body's parts cannot be told apart: {error}") from error
    if isinstance(part, MultipartReader):
        raise InvalidParameter("a part of the body has parts of its own; send each by itself")
    return part


def _name(part: BodyPartReader) -> str:
    return part.name or ""


async def _read(part: BodyPartReader, limit: int, too_long: str) -> bytes:
    content = bytearray()
    while chunk := await part.read_chunk(_CHUNK):
        content += chunk
        if len(content) > limit:
            raise InvalidParameter(too_long)
    return bytes(content)


async def _chunks(part: BodyPartReader) -> AsyncIterator[bytes]:
    while chunk := await part.read_chunk(_CHUNK):
        yield chunk
