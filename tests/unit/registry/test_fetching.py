from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from jupyter_containers.errors import ContainersError, InvalidParameter, NotFound
from jupyter_containers.registry.endpoints import ForbiddenAddress
from jupyter_containers.registry.failures import RegistryUnreachable
from jupyter_containers.registry.fetching import AnyAddress
from tests.support.registry_client import with_client
from tests.support.registry_server import Fault, RegistryServer
from tests.support.web_files import MODIFIED_SECONDS, web_files


def fetched(tmp_path: Path, url: str, *, proxy: str | None = None) -> tuple[str, float | None, bytes]:
    async def use(client: Any) -> tuple[str, float | None, bytes]:
        async with client.registry.fetch(url, proxy=proxy) as found:
            return found.name, found.modified_at, b"".join([chunk async for chunk in found.chunks])

    result: tuple[str, float | None, bytes] = with_client(tmp_path, use)
    return result


def test_a_file_comes_with_its_name_and_time(tmp_path: Path) -> None:
    with web_files({"/a/b.tar": b"content", "/": b"root"}) as address:
        assert fetched(tmp_path, f"{address}/a/b.tar") == ("b.tar", MODIFIED_SECONDS, b"content")
        assert fetched(tmp_path, f"{address}/") == ("", MODIFIED_SECONDS, b"root")


def test_a_refusal_is_told_with_its_status(tmp_path: Path) -> None:
    with web_files({}) as address, pytest.raises(NotFound, match=r"failed to GET .*/x with status 404 Not Found: gone"):
        fetched(tmp_path, f"{address}/x")
    with RegistryServer() as server:
        server.faults.append(Fault("GET ", status=403, body=b"no"))
        with pytest.raises(ContainersError, match="403 Forbidden: no"):
            fetched(tmp_path, f"http://{server.address}/x")


def test_a_refusal_keeps_the_password_of_the_address_to_itself(tmp_path: Path) -> None:
    with web_files({}) as address, pytest.raises(NotFound) as caught:
        fetched(tmp_path, f"{address.replace('://', '://alice:secret@')}/x")
    assert caught.value.message.startswith(f"failed to GET {address.replace('://', '://alice:***@')}/x with status 404")
    with RegistryServer() as server:
        server.faults.append(Fault("GET /", redirect="file:///x"))
        with pytest.raises(ForbiddenAddress) as forbidden:
            fetched(tmp_path, f"http://alice:secret@{server.address}/")
    assert forbidden.value.message.startswith(f"http://alice:***@{server.address}/ leads to 'file:///x'")


def test_a_server_may_send_us_on_and_name_the_file(tmp_path: Path) -> None:
    with web_files({"/there": b"moved"}) as address, RegistryServer() as server:
        server.faults.append(Fault("GET /from", redirect=f"{address}/there"))
        assert fetched(tmp_path, f"http://{server.address}/from/here")[2] == b"moved"
        named = {"Content-Disposition": 'attachment; filename="named.txt"'}
        server.faults.append(Fault("GET /", status=200, body=b"x", headers=named))
        assert fetched(tmp_path, f"http://{server.address}/") == ("named.txt", None, b"x")


@pytest.mark.parametrize("name", ["a%00b", "n" * 256, "%C3%A9" * 128])
def test_a_name_that_no_file_can_have_is_none(tmp_path: Path, name: str) -> None:
    with web_files({f"/{name}": b"x"}) as address:
        assert fetched(tmp_path, f"{address}/{name}")[0] == ""


@pytest.mark.parametrize("url", ["file:///etc/passwd", "x", "ftp://a/b", "http:///x", "http://[x", "http://a\\b/x"])
def test_what_is_no_address_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(InvalidParameter, match="is not an http or https address"):
        fetched(tmp_path, url)


def test_nobody_is_there(tmp_path: Path) -> None:
    with pytest.raises(RegistryUnreachable, match="connection refused"):
        fetched(tmp_path, "http://127.0.0.1:1/x")


def test_others_do_not_send_us_to_this_machine() -> None:
    rules = AnyAddress()
    assert rules.allow("http://127.0.0.1/x", source="http://localhost/").url == "http://127.0.0.1"
    for url in ("http://127.0.0.1/x", "http://[::1]/", "file:///x", "http://0.0.0.0:2375/", "http://127.1/x"):
        with pytest.raises(ForbiddenAddress):
            rules.allow(url, source="https://example.org/")


def test_a_proxy_that_the_caller_knows_of_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    # A proxy is asked for the whole address; a server that knows it as a path stands for one.
    with web_files({"http://mirror.example/x": b"by proxy", "/x": b"direct"}) as address:
        assert fetched(tmp_path, "http://mirror.example/x", proxy=address)[2] == b"by proxy"
        assert fetched(tmp_path, f"{address}/x", proxy="")[2] == b"direct"
        with pytest.raises(RegistryUnreachable, match=r"127\.0\.0\.1:1"):
            fetched(tmp_path, "http://mirror.example/x")


def test_a_time_that_no_clock_has_is_none(tmp_path: Path) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        stamp = b"Last-Modified: Mon, 01 Jan 99999999999999999999 00:00:00 GMT"
        writer.write(b"HTTP/1.1 200 OK\r\n" + stamp + b"\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx")
        await writer.drain()
        writer.close()

    async def use(client: Any) -> float | None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        async with server:
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/f"
            async with client.registry.fetch(url) as found:
                modified_at: float | None = found.modified_at
                return modified_at

    assert with_client(tmp_path, use) is None
