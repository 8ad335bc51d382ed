"""The server: its socket, API versions, work whose client goes away, and its end."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import aiohttp
import pytest
from aiohttp import web

from jupyter_containers.api import server as server_module
from jupyter_containers.api.listeners import Protection
from jupyter_containers.api.routing import Route, version_of
from jupyter_containers.api.server import Server

ENGINE = cast(Any, object())


def served(
    folder: Path,
    use: Callable[[aiohttp.ClientSession, Server], Awaitable[None]],
    *routes: Route,
    monkeypatch: pytest.MonkeyPatch | None = None,
) -> None:
    """Run `use` with a client of a real server; with `routes` instead of the usual ones."""

    async def run() -> None:
        server = Server(ENGINE)
        await server.listen(f"unix://{folder}/s")
        try:
            async with aiohttp.ClientSession(connector=aiohttp.UnixConnector(f"{folder}/s")) as session:
                await use(session, server)
        finally:
            await server.close()
        assert not (folder / "s").exists()

    if routes:
        assert monkeypatch is not None
        monkeypatch.setattr(server_module, "ROUTES", routes)
    asyncio.run(run())


def test_ping_answers_with_and_without_a_version_and_says_who_speaks(tmp_path: Path) -> None:
    async def use(session: aiohttp.ClientSession, _server: Server) -> None:
        for path in ("/_ping", "/v1.41/_ping", "/v1.24/_ping"):
            async with session.get(f"http://d{path}") as response:
                assert (response.status, await response.text()) == (200, "OK")
                assert response.headers["Api-Version"] == "1.51"
                assert response.headers["Server"].startswith("jupyter-containers/")

    served(tmp_path, use)


@pytest.mark.parametrize(
    ("version", "said"),
    [("1.52", "client version 1.52 is too new. Maximum supported API version is 1.51"),
     ("1.23", "client version 1.23 is too old. Minimum supported API version is 1.24"),
     ("2.0", "too new"), ("0.9", "too old")],
)  # fmt: skip
def test_other_versions_are_refused_with_the_range(tmp_path: Path, version: str, said: str) -> None:
    async def use(session: aiohttp.ClientSession, _server: Server) -> None:
        async with session.get(f"http://d/v{version}/_ping") as response:
            assert response.status == 400
            assert said in (await response.json())["message"]

    served(tmp_path, use)


def test_a_path_that_nobody_has_is_404_in_json(tmp_path: Path) -> None:
    async def use(session: aiohttp.ClientSession, _server: Server) -> None:
        async with session.get("http://d/v1.41/nothing/here") as response:
            assert (response.status, await response.json()) == (404, {"message": "page not found"})

    served(tmp_path, use)


def test_changing_is_finished_for_nobody_and_reading_is_cancelled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    async def work(request: web.Request) -> web.StreamResponse:
        seen.append("begun")
        try:
            await asyncio.sleep(0.2)
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise
        seen.append(f"finished {version_of(request)}")
        return web.Response()

    async def use(session: aiohttp.ClientSession, _server: Server) -> None:
        for method, expected in (("POST", "finished (1, 41)"), ("GET", "cancelled")):
            seen.clear()
            asking = asyncio.ensure_future(session.request(method, "http://d/v1.41/work"))
            while "begun" not in seen:
                await asyncio.sleep(0.001)
            asking.cancel()
            async with asyncio.timeout(5):
                while len(seen) < 2:
                    await asyncio.sleep(0.001)
            assert seen == ["begun", expected]

    routes = (Route("POST", "/work", work), Route("GET", "/work", work))
    served(tmp_path, use, *routes, monkeypatch=monkeypatch)


def test_several_addresses_are_served_and_a_chosen_port_is_told(tmp_path: Path) -> None:
    async def use(session: aiohttp.ClientSession, server: Server) -> None:
        (address,) = await server.listen("tcp://127.0.0.1:0", protection=Protection(insecure=True))
        port = int(address.rpartition(":")[2])
        assert (address, port > 0) == (f"tcp://127.0.0.1:{port}", True)
        async with session.get("http://d/_ping") as response:
            assert response.status == 200
        async with aiohttp.ClientSession() as over_tcp:
            async with over_tcp.get(f"http://127.0.0.1:{port}/_ping") as response:
                assert await response.text() == "OK"
            evil = {"Host": f"evil.example:{port}"}
            async with over_tcp.get(f"http://127.0.0.1:{port}/_ping", headers=evil) as response:
                assert (response.status, "evil.example" in (await response.json())["message"]) == (403, True)

    served(tmp_path, use)


def test_other_protocols_are_refused(tmp_path: Path) -> None:
    async def use(_session: aiohttp.ClientSession, _server: Server) -> None:
        reader, writer = await asyncio.open_unix_connection(f"{tmp_path}/s")
        writer.write(b"GET /_ping HTTP/2.0\r\nHost: d\r\nConnection: close\r\n\r\n")
        answer = await reader.read()
        assert b" 505 " in answer.partition(b"\r\n")[0]
        assert b"unsupported protocol version" in answer
        writer.close()

    served(tmp_path, use)


def test_after_the_end_nobody_answers(tmp_path: Path) -> None:
    async def use(_session: aiohttp.ClientSession, _server: Server) -> None:
        assert (tmp_path / "s").is_socket()

    served(tmp_path, use)
    with socket.socket(socket.AF_UNIX) as client, pytest.raises(FileNotFoundError):
        client.connect(os.fspath(tmp_path / "s"))
