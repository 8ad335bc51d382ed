from __future__ import annotations

import asyncio
import errno
import json
import ssl
from types import SimpleNamespace
from typing import Any, cast

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey

from jupyter_containers.errors import ContainersError
from jupyter_containers.oci.reference import Reference
from jupyter_containers.registry.failures import (
    Answer,
    LoginRequired,
    ManifestNotFound,
    PullDenied,
    RegistryRefused,
    RegistryUnreachable,
    RepositoryNotFound,
    for_answer,
    for_manifest,
    network_failures,
    shown_url,
)

HUB = Reference.parse("team/app:1")


def answer(status: int, body: object = b"") -> Answer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer("https://h.io/v2/team/app/manifests/1", status, {}, content)


def refused(code: str, message: str) -> dict[str, Any]:
    return {"errors": [{"code": code, "message": message, "detail": None}, {"code": "LATER"}]}


# The texts are what dockerd 20.10 answers to the same; it names no repository host for Docker Hub.
@pytest.mark.parametrize(
    ("status", "body", "kind", "text"),
    [
        (404, refused("MANIFEST_UNKNOWN", "manifest unknown"), ManifestNotFound,
         "manifest for team/app:1 not found: manifest unknown: manifest unknown"),
        (404, refused("NAME_UNKNOWN", "repository name not known to registry"), RepositoryNotFound,
         "repository team/app not found: name unknown: repository name not known to registry"),
        (403, refused("DENIED", "no"), PullDenied,
         "pull access denied for team/app, repository does not exist or may require 'docker login': denied: no"),
        (401, refused("DENIED", "requested access to the resource is denied"), PullDenied,
         "pull access denied for team/app, repository does not exist or may require 'docker login': denied: "
         "requested access to the resource is denied"),
        (401, refused("UNAUTHORIZED", "authentication required"), LoginRequired,
         "unauthorized: authentication required"),
        (429, refused("TOOMANYREQUESTS", "slow down"), RegistryUnreachable, "toomanyrequests: slow down"),
        (500, b"", RegistryUnreachable, "received unexpected HTTP status: 500 Internal Server Error"),
        (599, b"", RegistryRefused, "received unexpected HTTP status: 599"),
        (405, b"<html>", RegistryRefused, "error parsing HTTP 405 response body: '<html>'"),
        (404, b"", ManifestNotFound,
         "manifest for team/app:1 not found: received unexpected HTTP status: 404 Not Found"),
        (400, {"details": "old style"}, RegistryRefused, "old style"),
        (400, {"errors": "x"}, RegistryRefused, "error parsing HTTP 400 response body: '{\"errors\": \"x\"}'"),
        (400, {"errors": [1, {"code": 5}]}, RegistryRefused, "5"),
        (400, b"[" * 100_000, RegistryRefused, f"error parsing HTTP 400 response body: '{'[' * 200}'"),
    ],
    ids=range(14),
)  # fmt: skip
def test_an_answer_becomes_dockers_text_and_our_kind(
    status: int, body: object, kind: type[ContainersError], text: str
) -> None:
    failure = for_manifest(answer(status, body), HUB)
    assert (type(failure), failure.message) == (kind, text)


def test_a_refusal_to_log_in_does_not_reach_the_cli_as_401() -> None:
    """docker would ask for a password instead of showing the message."""
    assert for_answer(answer(401)).details["status"] == 500


def key(host: str = "h.io", port: int = 443) -> ConnectionKey:
    return cast(ConnectionKey, SimpleNamespace(host=host, port=port, ssl=True, is_ssl=True))


@pytest.mark.parametrize(
    ("error", "text", "is_transient"),
    [
        (aiohttp.ClientConnectorDNSError(key(), OSError(-2, "x")), "dial tcp: lookup h.io: no such host", True),
        (aiohttp.ClientConnectorError(key(), ConnectionRefusedError(errno.ECONNREFUSED, "x")),
         "dial tcp h.io:443: connect: connection refused", True),
        (aiohttp.ClientConnectorSSLError(key(), ssl.SSLError(1, "wrong version")), "tls: ", False),
        (UnicodeError("idna"), "dial tcp: lookup: no such host", False),
        (aiohttp.InvalidURL("x"), "dial tcp: lookup: no such host", False),
        (aiohttp.ServerTimeoutError(), "the registry stopped answering", True),
        (aiohttp.ClientPayloadError("cut"), "cut", True),
        (aiohttp.ServerDisconnectedError(), "Server disconnected", True),
        (ConnectionResetError("reset"), "reset", True),
    ],
    ids=range(9),
)  # fmt: skip
def test_a_broken_network_is_reported_as_go_does(error: Exception, text: str, is_transient: bool) -> None:
    with pytest.raises(RegistryUnreachable) as caught, network_failures("GET", "https://h.io/v2/"):
        raise error
    assert caught.value.message.startswith(f'Get "https://h.io/v2/": {text}')
    assert caught.value.is_transient is is_transient


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://h.io/v2/", "https://h.io/v2/"),
        ("https://alice@h.io/a@b:c@d", "https://alice@h.io/a@b:c@d"),
        ("http://alice:secret@h.io:80/x", "http://alice:***@h.io:80/x"),
        ("https://alice:se@cret@h.io/x?u=a:b@c", "https://alice:***@h.io/x?u=a:b@c"),
        ("https://:secret@h.io?x", "https://:***@h.io?x"),
    ],
)
def test_a_password_in_an_address_is_not_told(url: str, shown: str) -> None:
    assert shown_url(url) == shown
    with pytest.raises(RegistryUnreachable) as caught, network_failures("GET", url):
        raise ConnectionResetError("reset")
    assert caught.value.message == f'Get "{shown}": reset'


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "disk full"), ValueError("bug"), asyncio.CancelledError()])
def test_what_is_not_the_networks_fault_passes_unchanged(error: BaseException) -> None:
    with pytest.raises(type(error)) as caught, network_failures("GET", "https://h.io/v2/"):
        raise error
    assert caught.value is error
