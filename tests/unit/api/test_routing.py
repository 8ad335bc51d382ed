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
from hypothesis import given
from hypothesis import strategies as st

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


JSON = {"Content-Type": "application/json; charset=utf-8"}


def body(content: bytes, headers: dict[str, str] = JSON, **options: Any) -> dict[str, Any]:
    """Read a body that comes in pieces, without a length."""

    async def read() -> dict[str, Any]:
        loop = asyncio.get_running_loop()
        reader = StreamReader(BaseProtocol(loop), 2**16, loop=loop)
        for start in range(0, len(content), 10):
            reader.feed_data(content[start : start + 10])
        reader.feed_eof()
        return await routing.json_body(make_mocked_request("POST", "/x", headers, payload=reader), **options)

    return asyncio.run(read())


def test_a_body_is_an_object_or_refused() -> None:
    assert body(b'{"Image": "busybox", "Cmd": []}') == {"Image": "busybox", "Cmd": []}
    assert body(b"") == body(b" \n") == body(b"null") == body(b"", {}) == {}
    for wrong in (b"[1]", b"\xff", b"[" * 5000):
        with pytest.raises(InvalidParameter, match="request body"):
            body(wrong)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{", "unexpected EOF"),
        (b'{"a": "b', "unexpected EOF"),
        (b'{"a"', "unexpected EOF"),
        (b'{"a": ', "unexpected EOF"),
        (b"{x}", "invalid character 'x' looking for beginning of object key string"),
        (b'{"a": tru}', "invalid character 't' looking for beginning of value"),
        (b'{"a" 1}', "invalid character '1' after object key"),
        (b'{"a": "\n"}', "invalid character '\\n' in string literal"),
    ],
)
def test_what_is_no_json_is_refused_in_dockers_words(content: bytes, words: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        body(content)
    assert caught.value.message == f"invalid JSON: {words}"


def test_more_than_one_value_is_refused() -> None:
    with pytest.raises(InvalidParameter, match=r"^unexpected content after JSON$"):
        body(b"{} {}")


@given(st.text(st.sampled_from('{}[]",:abtrue\\ \n01.e-'), max_size=12))
def test_no_text_is_more_than_json_or_refused(content: str) -> None:
    try:
        assert isinstance(body(content.encode()), dict)
    except InvalidParameter as error:
        assert error.message


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("text/plain", "unsupported Content-Type header (text/plain): must be 'application/json'"),
        ("", "malformed Content-Type header (): mime: no media type"),
    ],
)
def test_a_body_says_that_it_is_json(kind: str, words: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        body(b"{}", {"Content-Type": kind} if kind else {})
    assert caught.value.message == words


def test_a_body_over_the_limit_is_refused() -> None:
    for headers in (JSON, {**JSON, "Content-Length": "25"}):
        with pytest.raises(InvalidParameter, match="more than 20 bytes") as caught:
            body(b'{"a": "0123456789012345"}', headers, limit=20)
        assert caught.value.details["status"] == 413


def test_a_body_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    async def read() -> dict[str, Any]:
        loop = asyncio.get_running_loop()
        protocol = BaseProtocol(loop)
        protocol.connection_made(asyncio.WriteTransport())
        reader = StreamReader(protocol, 2**16, loop=loop)
        reader.feed_data(b"{")
        return await routing.json_body(make_mocked_request("POST", "/x", JSON, payload=reader))

    monkeypatch.setattr(routing, "BODY_SECONDS", 0.01)
    with pytest.raises(InvalidParameter, match="did not arrive") as caught:
        asyncio.run(read())
    assert caught.value.details["status"] == 408
