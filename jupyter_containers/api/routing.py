"""Routes as data, and the few questions that every route asks of its request."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from aiohttp import web

from jupyter_containers.engine.engine import Engine
from jupyter_containers.errors import InvalidParameter

API_VERSION = (1, 51)
MIN_API_VERSION = (1, 24)
MAX_JSON_BYTES = 4 * 1024 * 1024

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

    Raises InvalidParameter when it is longer than `limit` bytes, not JSON, or not an object.
    """
    if request.content_length is not None and request.content_length > limit:
        raise InvalidParameter(f"request body of {request.content_length} bytes is larger than {limit} bytes")
    content = await request.content.read(limit + 1) if request.can_read_body else b""
    while content and not request.content.at_eof() and len(content) <= limit:
        content += await request.content.read(limit + 1 - len(content))
    if len(content) > limit:
        raise InvalidParameter(f"request body is larger than {limit} bytes")
    if not content.strip():
        return {}
    return parse_json_object(content, "request body")


def json_answer(data: object, status: int = 200) -> web.Response:
    """Return a JSON answer. Its type has no charset: the docker CLI reads messages only from plain application/json."""
    return web.Response(
        body=json.dumps(data, separators=(",", ":")).encode(), status=status, content_type="application/json"
    )


def parse_json_object(content: bytes | str, what: str) -> dict[str, Any]:
    """Parse a JSON object. Raises InvalidParameter saying `what` is wrong; deep nesting is refused, not a crash."""
    try:
        data = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise InvalidParameter(f"invalid JSON in {what}: {error}") from error
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise InvalidParameter(f"{what} must be a JSON object, not {type(data).__name__}")
    return data


def json_query(request: web.Request, name: str) -> Mapping[str, Any]:
    """Return a JSON object carried in the query, as build's `buildargs`; empty when absent."""
    value = request.query.get(name)
    return parse_json_object(value, f"parameter {name}") if value else {}
