from __future__ import annotations

import asyncio
import ssl
import subprocess
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from jupyter_containers.oci.digest import Digest
from jupyter_containers.oci.reference import Reference
from jupyter_containers.registry.endpoints import EndpointRules
from jupyter_containers.registry.failures import RegistryRefused, RegistryUnreachable, RemoteBlobNotFound
from jupyter_containers.registry.repository import Repository, open_repository
from jupyter_containers.registry.transport import Patience, Transport, new_session
from tests.support import tiny_image
from tests.support.registry_client import IMPATIENT
from tests.support.registry_server import Fault, RegistryServer

IMAGE = tiny_image.image(tiny_image.layer({"a": b"1"}))
BLOB = b"0123456789"


def use_repository(name: str, use: Callable[[Repository], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        async with new_session(Patience(connect_seconds=2, idle_seconds=1)) as session:
            transport = Transport(session, EndpointRules(), IMPATIENT)
            return await use(await open_repository(transport, Reference.parse(name)))

    return asyncio.run(run())


def test_every_kind_of_manifest_is_asked_for_in_one_header() -> None:
    with RegistryServer() as server:
        server.add_image("team/app", "1", IMAGE)
        answer = use_repository(f"{server.address}/team/app:1", lambda repository: repository.manifest("1"))
        accepted = server.requests[-1].headers["Accept"]
    assert answer.body == IMAGE.manifest
    for media_type in ("oci.image.index.v1", "oci.image.manifest.v1", "manifest.v2", "manifest.list.v2"):
        assert f"{media_type}+json" in accepted


def test_a_blob_comes_from_an_offset_on() -> None:
    async def use(repository: Repository) -> list[tuple[int, bytes]]:
        parts = []
        for offset in (0, 4):
            async with repository.blob(Digest.of(BLOB), offset=offset) as response:
                parts.append((response.status, await response.content.read()))
        return parts

    with RegistryServer() as server:
        server.add_blob("team/app", BLOB)
        assert use_repository(f"{server.address}/team/app:1", use) == [(200, BLOB), (206, BLOB[4:])]
        assert "Range" not in server.requests[-2].headers


def test_a_missing_blob_is_named() -> None:
    async def open_it(repository: Repository) -> None:
        async with repository.blob(Digest.of(BLOB)):
            pass

    with RegistryServer() as server:
        name = f"{server.address}/team/app:1"
        for use in (open_it, lambda repository: repository.small_blob(Digest.of(BLOB), limit=10)):
            with pytest.raises(RemoteBlobNotFound, match=f"unknown blob: the registry has no {Digest.of(BLOB)}"):
                use_repository(name, use)


@pytest.mark.parametrize(("status", "kind"), [(503, RegistryUnreachable), (400, RegistryRefused)])
def test_a_refused_blob_says_whether_trying_again_may_help(status: int, kind: type[Exception]) -> None:
    async def use(repository: Repository) -> None:
        async with repository.blob(Digest.of(BLOB)):
            pass

    with RegistryServer() as server:
        server.add_blob("team/app", BLOB)
        server.faults.append(Fault("/blobs/", status=status, headers={"Retry-After": "7"}))
        with pytest.raises(kind, match="as the test ordered") as caught:
            use_repository(f"{server.address}/team/app:1", use)
    if isinstance(caught.value, RegistryUnreachable):
        assert (caught.value.is_transient, caught.value.retry_after_seconds) == (True, 7)


def test_a_small_blob_that_is_longer_than_promised_is_refused() -> None:
    with RegistryServer() as server:
        server.add_blob("team/app", BLOB)
        with pytest.raises(RegistryRefused, match="over the limit of 9 bytes"):
            use_repository(
                f"{server.address}/team/app:1", lambda repository: repository.small_blob(Digest.of(BLOB), limit=9)
            )


def test_a_registry_whose_first_page_fails_is_used_all_the_same() -> None:
    """dockerd as well only wants to know from it which scheme and which log-in to use."""
    with RegistryServer() as server:
        server.add_image("team/app", "1", IMAGE)
        server.faults.append(Fault("GET /v2/$", times=99, status=500))
        answer = use_repository(f"{server.address}/team/app:1", lambda repository: repository.manifest("1"))
    assert answer.is_ok


@pytest.mark.parametrize(
    ("link", "message"),
    [
        ("http://[x", "which is no address"), ("http://h:99999/x", "which is no address"),
        ("http://other.example/v2/x", "goes on at another host: http://other.example"),
    ],
)  # fmt: skip
def test_the_next_page_of_tags_is_at_the_same_registry(link: str, message: str) -> None:
    with RegistryServer() as server:
        server.add_image("team/app", "1", IMAGE)
        name = f"{server.address}/team/app:1"
        assert use_repository(name, lambda repository: repository.tags("?n=1")).is_ok
        with pytest.raises(RegistryRefused, match=message):
            use_repository(name, lambda repository: repository.tags(link))
        assert len(server.lines("/tags/list")) == 1


def test_a_host_that_is_not_there_is_reported_at_once() -> None:
    with pytest.raises(RegistryUnreachable) as caught:
        use_repository("nowhere.invalid/app:1", lambda repository: repository.manifest("1"))
    assert caught.value.message == 'Get "https://nowhere.invalid/v2/": dial tcp: lookup nowhere.invalid: no such host'


def test_a_tls_registry_on_the_loopback_needs_no_certificate(tmp_path: Any) -> None:
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
         "-subj", "/CN=test", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with RegistryServer(tls=context) as server:
        server.add_image("team/app", "1", IMAGE)
        answer = use_repository(f"{server.address}/team/app:1", lambda repository: repository.manifest("1"))
    assert answer.url.startswith("https://")
    assert answer.body == IMAGE.manifest
