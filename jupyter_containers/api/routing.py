"""Routes as data, and the few questions that every route asks of its request."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from aiohttp import web

from jupyter_containers.engine.engine import Engine
from jupyter_containers.errors import InvalidParameter
from jupyter_containers.version import __version__

API_VERSION = (1, 51)
MIN_API_VERSION = (1, 24)
MAX_JSON_BYTES = 4 * 1024 * 1024
# How long a body of JSON may take to arrive.
BODY_SECONDS = 60.0
BODY = "request body"

# Said on every answer, who speaks: clients choose a version by it.
INTRODUCTION = {
    "Api-Version": "{}.{}".format(*API_VERSION),
    "Ostype": "linux",
    "Server": f"jupyter-containers/{__version__} (linux)",
}

ENGINE: web.AppKey[Engine] = web.AppKey("engine", Engine)
VERSION = web.RequestKey("version", tuple)

Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]

# What Docker's clients send for false; everything else that is not empty is true. Source: moby httputils.BoolValue.
_FALSE = frozenset({"", "0", "no", "false", "none"})


@dataclass(frozen=True, slots=True)
class Route:
    """One line of the table: method, path without the version (`{name}` and `{name:regex}` as in aiohttp), handler.

    When the client goes away before the answer, `cancels` ends the work; otherwise it is finished for nobody, so that
    a create or a stop is never left half done. None: reading (GET, HEAD) is cancelled, everything else finished.
    """

    method: str
    path: str
    handler: Handler
    cancels: bool | None = None

    @property
    def is_cancelled_with_client(self) -> bool:
        return self.method in ("GET", "HEAD") if self.cancels is None else self.cancels


def engine_of(request: web.Request) -> Engine:
    """Return the engine that the request talks to."""
    return request.app[ENGINE]


def version_of(request: web.Request) -> tuple[int, int]:
    """Return the API version the client asked for, such as (1, 43); the newest when the path had none."""
    version: tuple[int, int] = request.get(VERSION, API_VERSION)
    return version


def flag(request: web.Request, name: str, default: bool = False) -> bool:
    """Return a boolean of the query, read as Docker reads it."""
    value = request.query.get(name)
    return default if value is None else value.strip().lower() not in _FALSE


def text(request: web.Request, name: str, default: str = "") -> str:
    """Return a string of the query."""
    return request.query.get(name, default)


def integer(request: web.Request, name: str, default: int | None = None) -> int | None:
    """Return an integer of the query. Raises InvalidParameter naming the parameter and the value."""
    value = request.query.get(name)
    if value is None or value == "":
        return default
    try:
        return int(value)
    except ValueError:
        raise InvalidParameter(f"parameter {name} must be an integer, not {value!r}") from None


async def json_body(request: web.Request, limit: int = MAX_JSON_BYTES) -> dict[str, Any]:
    """Return the JSON object of the body; an empty body is an empty object.

    Raises InvalidParameter when it is not said to be JSON, longer than `limit` bytes (413), not all there after
    BODY_SECONDS (408), not JSON, or not an object. The words are dockerd's.
    """
    length = request.content_length
    if length is not None and length > limit:
        raise _too_large(limit)
    content = b""
    if request.can_read_body:
        try:
            async with asyncio.timeout(BODY_SECONDS):
                content = await _read(request, limit)
        except TimeoutError:
            raise InvalidParameter(f"the request body did not arrive within {BODY_SECONDS:.0f} s", status=408) from None
    if content or "Content-Type" in request.headers:
        _check_type(request.headers.get("Content-Type", ""))
    return parse_json_object(content, BODY) if content.strip() else {}


async def _read(request: web.Request, limit: int) -> bytes:
    pieces, size = [], 0
    while piece := await request.content.readany():
        pieces.append(piece)
        size += len(piece)
        if size > limit:
            raise _too_large(limit)
    return b"".join(pieces)


def _too_large(limit: int) -> InvalidParameter:
    return InvalidParameter(f"http: request body too large (more than {limit} bytes)", status=413)


def _check_type(value: str) -> None:
    kind = value.partition(";")[0].strip().lower()
    if not kind:
        raise InvalidParameter(f"malformed Content-Type header ({value}): mime: no media type")
    if kind != "application/json":
        raise InvalidParameter(f"unsupported Content-Type header ({value}): must be 'application/json'")


def json_answer(data: object, status: int = 200) -> web.Response:
    """Return a JSON answer. Its type has no charset: the docker CLI reads messages only from plain application/json."""
    return web.Response(
        body=json.dumps(data, separators=(",", ":")).encode(), status=status, content_type="application/json"
    )


def parse_json_object(content: bytes | str, what: str) -> dict[str, Any]:
    """Parse a JSON object. Raises InvalidParameter saying `what` is wrong; deep nesting is refused, not a crash."""
    try:
        data = json.loads(content)
    except json.JSONDecodeError as error:
        words = json_failure(error)
        raise InvalidParameter(words if what == BODY else f"{words} in {what}") from error
    except (ValueError, RecursionError) as error:
        raise InvalidParameter(f"invalid JSON in {what}: {error}") from error
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise InvalidParameter(f"{what} must be a JSON object, not {type(data).__name__}")
    return data


# Where Python's parser stopped, and Go's words for that place.
_EXPECTATIONS = {
    "Expecting property name enclosed in double quotes": "looking for beginning of object key string",
    "Illegal trailing comma before end of object": "looking for beginning of object key string",
    "Expecting ':' delimiter": "after object key",
    "Expecting value": "looking for beginning of value",
    "Illegal trailing comma before end of array": "looking for beginning of value",
    "Invalid control character at": "in string literal",
}


def json_failure(error: json.JSONDecodeError) -> str:
    """Return dockerd's words for JSON that is none."""
    if error.msg == "Extra data":
        return "unexpected content after JSON"
    rest = error.doc[error.pos :]
    if not error.msg.startswith("Invalid control"):
        rest = rest.lstrip(" \t\r\n")
    if not rest or error.msg.startswith("Unterminated string"):
        return "invalid JSON: unexpected EOF"
    place = _EXPECTATIONS.get(error.msg)
    if place is None:
        return f"invalid JSON: {error}"
    return f"invalid JSON: invalid character {rest[0]!r} {place}"


def json_list(request: web.Request, name: str) -> list[Any]:
    """Return a JSON list carried in the query, as build's `cachefrom`; empty when absent or null."""
    value = request.query.get(name)
    try:
        found = json.loads(value) if value else None
    except (ValueError, RecursionError) as error:
        raise InvalidParameter(f"invalid JSON in parameter {name}: {error}") from error
    if found is not None and not isinstance(found, list):
        raise InvalidParameter(f"parameter {name} must be a JSON list, not {type(found).__name__}")
    return found or []


def json_query(request: web.Request, name: str) -> Mapping[str, Any]:
    """Return a JSON object carried in the query, as build's `buildargs`; empty when absent."""
    value = request.query.get(name)
    return parse_json_object(value, f"parameter {name}") if value else {}
