from __future__ import annotations

import pytest

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.registry.endpoints import Endpoint, EndpointRules, ForbiddenAddress, is_loopback

RULES = EndpointRules(("plain.example", "port.example:5000", "10.1.0.0/16", "not a network/8"))


def ways(domain: str) -> list[tuple[str, bool]]:
    return [(endpoint.url, endpoint.verify_tls) for endpoint in RULES.endpoints(domain)]


def test_docker_hub_answers_elsewhere() -> None:
    assert ways("docker.io") == [("https://registry-1.docker.io", True)]


@pytest.mark.parametrize("domain", ["h.io", "h.io:80", "192.168.0.1:5000", "port.example", "8.8.8.8", "Localhost2"])
def test_the_world_is_spoken_to_with_checked_tls_only(domain: str) -> None:
    assert ways(domain) == [(f"https://{domain}", True)]


@pytest.mark.parametrize("domain", ["127.0.0.1:5000", "127.9.9.9", "localhost", "localhost:5000", "[::1]:5000"])
def test_the_loopback_is_spoken_to_plainly_first(domain: str) -> None:
    assert ways(domain) == [(f"http://{domain}", True), (f"https://{domain}", False)]


@pytest.mark.parametrize("domain", ["plain.example", "plain.example:81", "port.example:5000", "10.1.2.3:5000"])
def test_what_is_named_insecure_may_be_spoken_to_without_a_certificate(domain: str) -> None:
    assert ways(domain) == [(f"https://{domain}", False), (f"http://{domain}", True)]


@pytest.mark.parametrize(
    ("host", "expected"),
    [("localhost", True), ("127.0.0.2", True), ("::1", True), ("localhost.evil.io", False), ("128.0.0.1", False),
     ("", False), ("127.0.0.1.evil.io", False)],
)  # fmt: skip
def test_loopback_is_known_by_address_and_by_one_name(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


def test_a_registry_may_point_to_another_encrypted_host() -> None:
    assert RULES.allow("https://cdn.example/x?y", source="https://h.io/v2/") == Endpoint("https://cdn.example")
    assert not RULES.allow("https://plain.example/x", source="https://h.io/v2/").verify_tls


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://h.io/x", "", "/v2/", "https://", "data:,x", "gopher:x"])
def test_a_registry_may_not_point_to_anything_else(url: str) -> None:
    with pytest.raises(ForbiddenAddress, match="not an http or https address"):
        RULES.allow(url, source="https://h.io")


def test_what_cannot_be_an_address_is_refused() -> None:
    for domain in ("[x", "a]b"):
        with pytest.raises(InvalidParameter, match="is not an http or https address"):
            RULES.endpoints(domain)
        with pytest.raises(InvalidParameter, match="is not an http or https address"):
            RULES.allow(f"https://{domain}/", source="https://h.io")


def test_a_registry_may_not_point_to_an_unencrypted_host() -> None:
    with pytest.raises(ForbiddenAddress, match=r"not encrypted; list cdn.example as an insecure registry"):
        RULES.allow("http://cdn.example/x", source="https://h.io")
    assert RULES.allow("http://plain.example/x", source="https://h.io").url == "http://plain.example"
    assert not RULES.allow("http://me@port.example:5000/x", source="https://h.io").verify_tls
    with pytest.raises(ForbiddenAddress, match="not encrypted"):
        RULES.allow("http://port.example:5001/x", source="https://h.io")


@pytest.mark.parametrize("url", ["http://127.0.0.1:2375/", "https://localhost/", "http://user@[::1]:80/", "https://0/"])
def test_only_a_registry_of_this_machine_may_point_to_this_machine(url: str) -> None:
    with pytest.raises(ForbiddenAddress, match="which is this machine"):
        RULES.allow(url, source="https://h.io")
    RULES.allow(url, source="http://127.0.0.1:5000/v2/")
    RULES.allow(url, source="https://plain.example")


def test_a_mirror_is_of_the_hub_or_of_the_host_before_it() -> None:
    rules = EndpointRules(
        ("m.example",), ("https://a.example/", "h.io:80=http://m.example/", "h.io:80=https://b.example/")
    )
    assert rules.mirrors_of("docker.io") == (Endpoint("https://a.example"),)
    assert rules.mirrors_of("h.io:80") == (
        Endpoint("http://m.example", verify_tls=False), Endpoint("https://b.example"),
    )  # fmt: skip
    assert rules.mirrors_of("h.io") == ()
