"""Tests of registry.server.serving."""

from __future__ import annotations

import asyncio
import socket
import urllib.request
from pathlib import Path

import pytest
from aiohttp import web

from jupyter_containers.errors import Unavailable
from jupyter_containers.registry.server.serving import Serving
from jupyter_containers.registry.server.settings import Settings


def application() -> web.Application:
    async def hello(_request: web.Request) -> web.Response:
        return web.Response(text="hello")

    app = web.Application()
    app.router.add_get("/", hello)
    return app


def test_it_tells_its_address_and_frees_it(tmp_path: Path) -> None:
    async def talk() -> tuple[str, bytes]:
        serving = Serving(application())
        url = await serving.begin(Settings.checked(tmp_path, listen="127.0.0.1:0"))

        def ask() -> bytes:
            with urllib.request.urlopen(url) as answer:
                content: bytes = answer.read()
                return content

        try:
            return url, await asyncio.to_thread(ask)
        finally:
            await serving.end()

    url, content = asyncio.run(talk())
    assert content == b"hello"
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", int(url.rpartition(":")[2]))) != 0


def test_an_address_that_is_taken_is_told(tmp_path: Path) -> None:
    async def begin(port: int) -> None:
        serving = Serving(application())
        try:
            await serving.begin(Settings.checked(tmp_path, listen=f"127.0.0.1:{port}"))
        finally:
            await serving.end()

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(Unavailable, match=r"cannot listen on 127\.0\.0\.1:\d+: .*address already in use"):
            asyncio.run(begin(taken.getsockname()[1]))
