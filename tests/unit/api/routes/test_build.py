"""Who may name an ssh agent, over real connections; builds themselves are in integration/api/routes/test_build.py."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from urllib.parse import urlencode

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from jupyter_containers.api.build_body import Enclosed
from jupyter_containers.api.failures import failures
from jupyter_containers.api.routes import build
from jupyter_containers.errors import InvalidParameter

QUERY = {"ssh": json.dumps({"default": "/run/agent"})}


async def tell(request: web.Request) -> web.Response:
    return web.json_response({name: str(path) for name, path in build._agents(request).items()})


def asked(tmp_path: Path, *, is_tcp: bool) -> tuple[int, dict[str, str]]:
    async def main() -> tuple[int, dict[str, str]]:
        application = web.Application(middlewares=[failures])
        application.router.add_post("/", tell)
        runner = web.AppRunner(application)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0) if is_tcp else web.UnixSite(runner, str(tmp_path / "s"))
        await site.start()
        connector = None if is_tcp else aiohttp.UnixConnector(str(tmp_path / "s"))
        host = "127.0.0.1:{1}".format(*runner.addresses[0]) if is_tcp else "d"
        try:
            async with (
                aiohttp.ClientSession(connector=connector) as session,
                session.post(f"http://{host}/", params=QUERY) as answer,
            ):
                return answer.status, await answer.json()
        finally:
            await runner.cleanup()

    return asyncio.run(main())


def test_on_this_machine_an_agent_is_its_socket(tmp_path: Path) -> None:
    assert asked(tmp_path, is_tcp=False) == (200, {"default": "/run/agent"})


def test_from_elsewhere_it_would_be_anothers(tmp_path: Path) -> None:
    status, answer = asked(tmp_path, is_tcp=True)
    assert status == 501
    assert "cannot be forwarded to a daemon elsewhere" in answer["message"]


@pytest.mark.parametrize("parameter", ["buildargs", "labels", "contexts", "ssh"])
@pytest.mark.parametrize("value", [1, True, ["x"], {"y": "z"}])
def test_what_is_given_by_name_is_text(parameter: str, value: object) -> None:
    """Python would write anything into the environment and the labels of an image, and nobody could read it again."""
    query = {parameter: json.dumps({"A": value})}
    request = make_mocked_request("POST", _path(query))
    with pytest.raises(InvalidParameter, match=f"A in parameter {parameter} must be text, not"):
        build._request(request, Enclosed())


def test_a_build_argument_may_have_no_value_and_a_label_has_an_empty_one() -> None:
    request = make_mocked_request("POST", _path({"buildargs": '{"A": null, "B": "1"}', "labels": '{"C": null}'}))
    options = build._request(request, Enclosed()).options
    assert (options.build_args, options.labels) == ({"A": None, "B": "1"}, {"C": ""})


def _path(query: dict[str, str]) -> str:
    return f"/build?{urlencode(query)}"
