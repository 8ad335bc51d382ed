"""Routing: what a request asks, read as Docker reads it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from aiohttp import web
from aiohttp.base_protocol import BaseProtocol
from aiohttp.streams import StreamReader
from aiohttp.test_utils import make_mocked_request

from jupyter_containers.api import routing
from jupyter_containers.errors import InvalidParameter


def asked(query: str) -> web.Request:
    return make_mocked_request("GET", f"/x?{query}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", True),
        ("true", True),
        ("yes", True),
        ("on", True),
        ("", False),
        ("0", False),
        ("False", False),
        ("none", False),
    ],
)
def test_a_flag_is_read_as_docker_reads_it(text: str, expected: bool) -> None:
    assert routing.flag(asked(f"f={text}"), "f", default=not expected) is expected


def test_a_flag_that_is_not_there_is_its_default() -> None:
    assert routing.flag(asked(""), "f", default=True)
    assert not routing.flag(asked(""), "f")


def test_an_integer_is_one_or_named_in_the_error() -> None:
    assert routing.integer(asked("n=-12"), "n") == -12
    assert routing.integer(asked("n="), "n", 7) == 7
    with pytest.raises(InvalidParameter, match="parameter n must be an integer, not 'x'"):
        routing.integer(asked("n=x"), "n")


def test_an_object_in_the_query_is_parsed_and_nothing_else_is_taken() -> None:
    assert routing.json_query(asked('a={"k":null}'), "a") == {"k": None}
    assert routing.json_query(asked(""), "a") == routing.json_query(asked("a=null"), "a") == {}
    for wrong in ("[1]", "3", "{", "[" * 5000):
        with pytest.raises(InvalidParameter, match="parameter a"):
            routing.json_query(asked(f"a={wrong}"), "a")


def test_reading_ends_with_its_client_and_changing_does_not() -> None:
    async def handler(_request: web.Request) -> web.StreamResponse:
        return web.Response()

    assert routing.Route("GET", "/x", handler).is_cancelled_with_client
    assert not routing.Route("POST", "/x", handler).is_cancelled_with_client
    assert routing.Route("POST", "/x", handler, cancels=True).is_cancelled_with_client


def test_a_json_answer_has_no_charset() -> None:
    response = routing.json_answer({"a": "ä"}, status=201)
    assert (response.status, response.headers["Content-Type"]) == (201, "application/json")
    assert json.loads(response.body or b"") == {"a": "ä"}  # type: ignore[arg-type]


def body(content: bytes, **options: Any) -> dict[str, Any]:
    """Read a body that comes in pieces, without a length."""

    async def read() -> dict[str, Any]:
        loop = asyncio.get_running_loop()
        reader = StreamReader(BaseProtocol(loop), 2**16, loop=loop)
        for start in range(0, len(content), 10):
            reader.feed_data(content[start : start + 10])
        reader.feed_eof()
        return await routing.json_body(make_mocked_request("POST", "/x", payload=reader), **options)

    return asyncio.run(read())


def test_a_body_is_an_object_or_refused() -> None:
    assert body(b'{"Image": "busybox", "Cmd": []}') == {"Image": "busybox", "Cmd": []}
    assert body(b"") == body(b" \n") == body(b"null") == {}
    for wrong in (b"[1]", b"{", b"\xff", b"[" * 5000):
        with pytest.raises(InvalidParameter, match="request body"):
            body(wrong)


def test_a_body_over_the_limit_is_refused() -> None:
    with pytest.raises(InvalidParameter, match="larger than 20 bytes"):
        body(b'{"a": "0123456789012345"}', limit=20)
