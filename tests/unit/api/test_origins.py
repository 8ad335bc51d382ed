"""Which requests a web page could have made."""

from __future__ import annotations

import asyncio
from typing import Any
from unittest import mock

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from jupyter_containers.api.origins import guarded, is_local
from jupyter_containers.errors import Forbidden, InvalidParameter

TCP = ("127.0.0.1", 40000)


def asked(headers: dict[str, str], *, peer: Any = TCP, secured: bool = False, path: str = "/info") -> int:
    """Send a request from a peer through the guard; return the status of who is behind it."""

    async def handler(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=299)

    transport = mock.Mock()
    transport.get_extra_info = {"peername": peer, "sslcontext": object() if secured else None}.get
    request = make_mocked_request("GET", path, headers, transport=transport)
    return asyncio.run(guarded(request, handler)).status  # type: ignore[arg-type]


@pytest.mark.parametrize("host", ["localhost:2375", "127.0.0.1:2375", "[::1]:2375", "LOCALHOST", "127.1.2.3", ""])
def test_names_of_loopback_are_answered(host: str) -> None:
    assert is_local(host)
    assert asked({"Host": host}) == 299


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:2375", "localhost.evil.example", "10.0.0.1:2375", "[::2]"]
)
def test_a_rebound_name_is_refused(host: str) -> None:
    assert not is_local(host)
    with pytest.raises(Forbidden, match="not a name of this machine's loopback"):
        asked({"Host": host})


@pytest.mark.parametrize("secured", [False, True])
@pytest.mark.parametrize(
    "page", [{"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"},
             {"Origin": "http://localhost:8888"}, {"Origin": "http://[x"}],
)  # fmt: skip
def test_other_pages_are_refused_with_and_without_tls(page: dict[str, str], secured: bool) -> None:
    with pytest.raises(Forbidden, match="web pages"):
        asked({"Host": "localhost:2375", **page}, secured=secured)


def test_a_certificate_ties_any_name_to_us_and_an_own_page_is_ours() -> None:
    assert asked({"Host": "build-host.example:2376"}, secured=True) == 299
    assert asked({"Host": "localhost:2375", "Origin": "http://localhost:2375", "Sec-Fetch-Site": "same-origin"}) == 299


def test_what_comes_through_a_unix_socket_may_say_anything() -> None:
    assert asked({"Host": "api.moby.localhost", "Origin": "http://evil.example"}, peer="") == 299


def test_an_escape_that_is_none_is_refused_and_one_in_the_query_is_not_ours() -> None:
    with pytest.raises(InvalidParameter, match="invalid URL escape in '/containers/%zz/json'"):
        asked({"Host": "d"}, peer="", path="/containers/%zz/json")
    assert asked({"Host": "d"}, peer="", path="/containers/a%2fb/json?x=%zz") == 299
