"""The parts of a build's body, as our client writes them, over a real connection."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from jupyter_containers.api import build_body
from jupyter_containers.api.build_body import MAX_SECRET_BYTES, MAX_SECRETS, read_body
from jupyter_containers.api.failures import failures
from jupyter_containers.client.build_body import body_of
from jupyter_containers.client.other_contexts import RemoteContext, TarContext


async def tell(request: web.Request) -> web.Response:
    """Answer with all that was read."""
    enclosed, tars = await read_body(request)
    found = [(name, b"".join([chunk async for chunk in chunks]).decode("latin-1")) async for name, chunks in tars]
    hosts = {"known_hosts": enclosed.known_hosts.decode()} if enclosed.known_hosts else {}
    return web.json_response({"secrets": {k: len(v) for k, v in enclosed.secrets.items()}, "tars": found, **hosts})


def sent(tmp_path: Path, kind: str, body: bytes) -> tuple[int, Any]:
    async def main() -> tuple[int, Any]:
        application = web.Application(middlewares=[failures])
        application.router.add_post("/", tell)
        runner = web.AppRunner(application)
        await runner.setup()
        await web.UnixSite(runner, str(tmp_path / "s")).start()
        try:
            connector = aiohttp.UnixConnector(str(tmp_path / "s"))
            headers = {"Content-Type": kind}
            async with (
                aiohttp.ClientSession(connector=connector) as session,
                session.post("http://d/", data=body, headers=headers) as answer,
            ):
                return answer.status, json.loads(await answer.read())
        finally:
            await runner.cleanup()

    return asyncio.run(main())


def parts(*named: tuple[str, bytes]) -> bytes:
    texts = [f'--x\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n'.encode() + c + b"\r\n" for n, c in named]
    return b"".join(texts) + b"--x--\r\n"


def test_a_plain_body_is_the_context(tmp_path: Path) -> None:
    assert sent(tmp_path, "application/x-tar", b"tar") == (200, {"secrets": {}, "tars": [["", "tar"]]})


def test_what_the_client_writes_is_read(tmp_path: Path) -> None:
    (tmp_path / "t.tar").write_bytes(b"other\r\n--\r\n" * 40_000)
    context = TarContext((tmp_path / "t.tar").open("rb"))
    kind, chunks = body_of(context, {'a "b"/é': b"\r\n--x", "empty": b""}, {"n=1": tmp_path / "t.tar"})
    with context.stream:
        status, found = sent(tmp_path, kind, b"".join(chunks))
    assert (status, found["secrets"]) == (200, {'a "b"/é': 5, "empty": 0})
    assert found["tars"] == [["n=1", "other\r\n--\r\n" * 40_000], ["", "other\r\n--\r\n" * 40_000]]


def test_a_context_elsewhere_is_not_sent(tmp_path: Path) -> None:
    kind, chunks = body_of(RemoteContext("https://example.org/x.git"), {"a": b"1"}, {})
    assert sent(tmp_path, kind, b"".join(chunks)) == (200, {"secrets": {"a": 1}, "tars": []})


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ([("secret.key", b"s3cr3t" + b"x" * MAX_SECRET_BYTES)], "secret key is larger than 512000 bytes"),
        ([(f"secret.{number}", b"") for number in range(MAX_SECRETS + 1)], "more than 100 secrets"),
        ([("context", b""), ("secret.key", b"s3cr3t")], "unexpected part 'secret.key'"),
        ([("context.", b"")], "unexpected part 'context.'"),
        ([("", b"")], "unexpected part ''"),
    ],
)
def test_other_parts_are_refused_without_telling_what_is_in_them(
    tmp_path: Path, named: list[tuple[str, bytes]], message: str
) -> None:
    status, answer = sent(tmp_path, "multipart/form-data; boundary=x", parts(*named))
    assert status == 400
    assert message in answer["message"]
    assert "s3cr3t" not in answer["message"]


@pytest.mark.parametrize(
    ("kind", "body"), [("multipart/form-data", b""), ("multipart/form-data; boundary=x", b"y\r\n")]
)
def test_a_body_without_borders_is_the_senders_mistake(tmp_path: Path, kind: str, body: bytes) -> None:
    status, answer = sent(tmp_path, kind, body)
    assert status == 400
    assert "parts cannot be told apart" in answer["message"]


def test_known_hosts_are_read_and_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build_body, "MAX_KNOWN_HOSTS_BYTES", 100)
    kind = "multipart/form-data; boundary=x"
    body = parts(("secret.a", b"1"), ("known-hosts", b"h ssh-ed25519 AAAA"), ("context", b"tar"))
    read = {"secrets": {"a": 1}, "tars": [["", "tar"]], "known_hosts": "h ssh-ed25519 AAAA"}
    assert sent(tmp_path, kind, body) == (200, read)
    status, answer = sent(tmp_path, kind, parts(("known-hosts", bytes(101))))
    assert (status, answer["message"]) == (400, "the known hosts are larger than 100 bytes")
    status, answer = sent(tmp_path, kind, parts(("context", b"tar"), ("known-hosts", b"h")))
    assert status == 400
    assert "unexpected part 'known-hosts'" in answer["message"]
