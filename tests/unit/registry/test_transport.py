from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from jupyter_containers.registry.endpoints import EndpointRules, ForbiddenAddress
from jupyter_containers.registry.failures import Answer, RegistryRefused, RegistryUnreachable
from jupyter_containers.registry.retries import RetryPolicy
from jupyter_containers.registry.transport import Patience, Request, Transport, new_session
from tests.support.registry_server import Fault, RegistryServer

LIMIT = 10_000


class Waits(list[float]):
    """Remembers how long it was asked to sleep, and does not."""

    async def sleep(self, seconds: float) -> None:
        self.append(seconds)


def use_transport(use: Callable[[Transport], Awaitable[Any]], waits: Waits | None = None) -> Any:
    async def run() -> Any:
        async with new_session(Patience(connect_seconds=2, idle_seconds=0.2)) as session:
            retries = RetryPolicy((1, 2, 4), cap_seconds=20, sleep=(Waits() if waits is None else waits).sleep)
            return await use(Transport(session, EndpointRules(), retries))

    return asyncio.run(run())


def read(url: str, waits: Waits | None = None, **options: Any) -> Answer:
    request = Request(options.pop("method", "GET"), url, **options)
    answer = use_transport(lambda transport: transport.read(request, limit=LIMIT), waits)
    assert isinstance(answer, Answer)
    return answer


def url(server: RegistryServer, path: str = "/v2/") -> str:
    return f"http://{server.address}{path}"


def test_an_answer_is_read_whole() -> None:
    with RegistryServer() as server:
        answer = read(url(server))
    assert (answer.status, answer.body, answer.is_ok) == (200, b"{}", True)
    assert answer.headers["content-type"] == "application/json"


def test_bodies_are_asked_for_as_they_are() -> None:
    with RegistryServer() as server:
        read(url(server))
        (seen,) = server.requests
    assert seen.headers["Accept-Encoding"] == "identity"
    assert "Cookie" not in seen.headers
    assert "Authorization" not in seen.headers


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_what_may_pass_is_tried_again_with_growing_waits(status: int) -> None:
    waits = Waits()
    with RegistryServer() as server:
        server.faults.append(Fault("/v2/", times=3, status=status))
        assert read(url(server), waits).status == 200
    assert waits == [1, 2, 4]


def test_the_last_answer_counts_when_nothing_helps() -> None:
    with RegistryServer() as server:
        server.faults.append(Fault("/v2/", times=99, status=503))
        assert read(url(server)).status == 503
        assert len(server.requests) == 4


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 501])
def test_a_final_refusal_is_not_questioned(status: int) -> None:
    waits = Waits()
    with RegistryServer() as server:
        server.faults.append(Fault("/v2/", times=99, status=status))
        assert read(url(server), waits).status == status
    assert waits == []


@pytest.mark.parametrize(("header", "waited"), [("15", 15), ("864000", 20), ("0", 1), ("nonsense", 1)])
def test_retry_after_is_kept_up_to_the_cap(header: str, waited: float) -> None:
    waits = Waits()
    with RegistryServer() as server:
        server.faults.append(Fault("/v2/", status=429, headers={"Retry-After": header}))
        assert read(url(server), waits).status == 200
    assert waits == [waited]


@pytest.mark.parametrize("fault", [{"cut_after": 1}, {"stall_after": 1}, {"length": 50}], ids=str)
def test_a_broken_body_is_read_again(fault: dict[str, Any]) -> None:
    with RegistryServer() as server:
        digest = server.add_blob("a", b"content")
        server.faults.append(Fault("/blobs/", **fault))
        assert read(url(server, f"/v2/a/blobs/{digest}")).body == b"content"
        assert len(server.requests) == 2


def test_a_server_that_stalls_for_ever_is_given_up() -> None:
    with RegistryServer() as server:
        digest = server.add_blob("a", b"content")
        server.faults.append(Fault("/blobs/", times=99, stall_after=1))
        with pytest.raises(RegistryUnreachable, match="the registry stopped answering"):
            read(url(server, f"/v2/a/blobs/{digest}"))


def test_an_endless_answer_is_refused_at_the_limit() -> None:
    with RegistryServer() as server:
        digest = server.add_blob("a", b"x" * 1000)
        server.faults.append(Fault("/blobs/", endless=True))
        with pytest.raises(RegistryRefused, match=f"over the limit of {LIMIT} bytes"):
            read(url(server, f"/v2/a/blobs/{digest}"))


def test_of_a_long_error_only_the_beginning_is_kept() -> None:
    with RegistryServer() as server:
        server.faults.append(Fault("/v2/", status=404, body=b"x" * (LIMIT + 1)))
        assert len(read(url(server)).body) == LIMIT


def test_credentials_stay_with_their_host() -> None:
    with RegistryServer() as first, RegistryServer() as other:
        first.faults.append(Fault("/v2/", redirect=url(other, "/v2/?from=first")))
        assert read(url(first), authorization="Basic secret").status == 200
        assert first.requests[0].headers["Authorization"] == "Basic secret"
        assert other.requests[0].path == "/v2/?from=first"
        assert "Authorization" not in other.requests[0].headers


@pytest.mark.parametrize("status", [302, 303, 307])
def test_a_form_with_a_password_stays_with_its_host(status: int) -> None:
    form = {"grant_type": "password", "password": "secret"}
    with RegistryServer() as first, RegistryServer() as other:
        first.faults.append(Fault("/v2/", status=status, headers={"Location": url(other)}))
        with pytest.raises(RegistryRefused) as caught:
            read(url(first), method="POST", form=form)
        assert other.requests == []
    assert caught.value.message == (
        f"{url(first)} points to {url(other)}: credentials in the body of a request do not go to another host"
    )


def test_credentials_follow_a_redirect_on_the_same_host() -> None:
    with RegistryServer() as server:
        server.faults.append(Fault("/v2/$", redirect="/v2/?again"))
        assert read(url(server), authorization="Basic secret").status == 200
        assert server.requests[1].headers["Authorization"] == "Basic secret"


def test_a_signed_address_is_not_rewritten() -> None:
    signed = "/v2/?X-Signature=a%2Fb%3D+c&d=%7e"
    with RegistryServer() as server:
        server.faults.append(Fault("/v2/$", redirect=signed))
        read(url(server))
        assert server.requests[1].path == signed


def test_a_circle_of_redirects_ends() -> None:
    with RegistryServer() as server:
        server.faults.append(Fault("/v2/", times=99, redirect="/v2/"))
        with pytest.raises(RegistryRefused, match="redirected more than 10 times"):
            read(url(server))
        assert len(server.requests) == 10


@pytest.mark.parametrize("target", ["file:///etc/passwd", "http://cdn.example/x"])
def test_a_redirect_to_an_unsafe_place_is_refused(target: str) -> None:
    with RegistryServer() as server:
        server.faults.append(Fault("/v2/", redirect=target))
        with pytest.raises(ForbiddenAddress):
            read(url(server))


def test_nobody_listening_is_a_refused_connection() -> None:
    with RegistryServer() as server:
        gone = url(server)
    address = gone.removeprefix("http://").removesuffix("/v2/")
    with pytest.raises(RegistryUnreachable) as caught:
        read(gone)
    assert caught.value.message == f'Get "{gone}": dial tcp {address}: connect: connection refused'


def test_a_connection_is_used_again_after_a_whole_answer() -> None:
    async def use(transport: Transport) -> int:
        for _ in range(3):
            await transport.read(Request("GET", url(server)), limit=LIMIT)
        return len(server.connections)

    with RegistryServer() as server:
        assert use_transport(use) == 1


def test_a_connection_whose_answer_was_left_unread_is_not_used_again() -> None:
    async def use(transport: Transport) -> bytes:
        async with transport.stream(Request("GET", url(server, path))) as response:
            assert response.status == 200
        return (await transport.read(Request("GET", url(server)), limit=LIMIT)).body

    with RegistryServer() as server:
        path = f"/v2/a/blobs/{server.add_blob('a', b'x' * 5_000_000)}"
        assert use_transport(use) == b"{}"


def test_proxies_of_the_environment_are_for_the_world_only(monkeypatch: pytest.MonkeyPatch) -> None:
    with RegistryServer() as proxy, RegistryServer() as server:
        monkeypatch.setenv("http_proxy", f"http://{proxy.address}")
        monkeypatch.setenv("no_proxy", "near.invalid")
        assert read(url(server)).status == 200
        assert proxy.requests == []
        read("http://far.invalid/v2/")
        assert proxy.requests[0].path == "http://far.invalid/v2/"
        with pytest.raises(RegistryUnreachable, match="no such host"):
            read("http://near.invalid/v2/")
