"""A header of our own asks for a record; what is no word for it is refused."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from jupyter_containers.api.tracing import HEADER, recorded
from jupyter_containers.errors import InvalidParameter


async def answer(_request: web.Request) -> web.StreamResponse:
    return web.Response(status=204)


def test_a_request_without_the_header_needs_nothing() -> None:
    # Not even an engine, which this one has not.
    found = asyncio.run(recorded(answer)(make_mocked_request("POST", "/x")))
    assert found.status == 204


@pytest.mark.parametrize("token", ["", "short", "G" * 16, "0" * 65])
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(InvalidParameter, match="16 to 64 hexadecimal digits"):
        asyncio.run(recorded(answer)(make_mocked_request("POST", "/x", headers={HEADER: token})))
