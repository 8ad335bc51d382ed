"""What no client should send: an answer with a status and a sentence, or a closed connection; the daemon lives on."""

from __future__ import annotations

import os
import socket

import pytest

from tests.support.api_client import Api
from tests.support.daemon import Daemon

pytestmark = pytest.mark.usefixtures("unharmed")


@pytest.fixture
def api(standing: Daemon) -> Api:
    return Api(os.fspath(standing.socket))


def sent(standing: Daemon, content: bytes) -> bytes:
    """Return all that comes back until the connection ends."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(10)
        client.connect(os.fspath(standing.socket))
        answer = b""
        try:
            client.sendall(content)
            client.shutdown(socket.SHUT_WR)
            while received := client.recv(65536):
                answer += received
        except (BrokenPipeError, ConnectionResetError):
            pass
        return answer


@pytest.mark.parametrize(
    ("path", "body", "status", "text"),
    [
        ("/containers/create", b"{", 400, "invalid JSON: unexpected EOF"),
        ("/containers/create", b"[]", 400, "must be a JSON object, not list"),
        ("/containers/create", b"[" * 100_000, 400, "invalid JSON"),
        ("/containers/create", b'{"Image": 7}', 400, "Image"),
        ("/containers/create", b'{"Image": "busybox", "Cmd": {"a": 1}}', 400, "Cmd"),
        ("/containers/create", b"\xff\xfe", 400, "invalid JSON"),
        ("/containers/create?name=%00", b'{"Image": "busybox", "Cmd": ["true"]}', 400, "Invalid container name"),
        ("/containers/nobody/start", b"", 404, "No such container: nobody"),
        ("/containers/nobody/resize?h=tall&w=1", b"", 400, "h"),
        ("/no/such/path", b"", 404, ""),
        ("/swarm/init", b"{}", 501, "swarm"),
    ],
)
def test_a_post_that_makes_no_sense(api: Api, path: str, body: bytes, status: int, text: str) -> None:
    answer = api.post(path, body)
    assert (answer.status, text in answer.message) == (status, True), answer


def test_a_path_that_is_not_there_has_the_same_form(api: Api) -> None:
    answer = api.get("/no/such/path")
    assert (answer.status, answer.message) == (404, "page not found")
    assert api.get("/swarm").status == 503
    assert api.at("1.99").get("/info").status == 400
    assert api.get("/containers/json", filters="{").status == 400


@pytest.mark.parametrize(
    "content",
    [
        b"\0\1\2\3\4" * 100,
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
        b"GET /info HTTP/1.1\r\nHost: d\r\nX: " + b"x" * 2_000_000 + b"\r\n\r\n",
        b"GET /info HTTP/1.1\r\nHost: d\r\n" + b"X: y\r\n" * 50_000 + b"\r\n",
        b"GET /" + b"x" * 200_000 + b" HTTP/1.1\r\nHost: d\r\n\r\n",
        b"POST /containers/create HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\nnonsense\r\n",
        b"POST /containers/create HTTP/1.1\r\nHost: d\r\nContent-Length: -5\r\n\r\n",
        b"POST /auth HTTP/1.1\r\nHost: d\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /containers/create HTTP/1.1\r\nHost: d\r\nContent-Length: 1000\r\n\r\n{",
        b"POST /build HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFFF\r\n",
    ],
    ids=[
        "noise",
        "version",
        "tls",
        "long header",
        "headers",
        "long path",
        "chunk",
        "negative",
        "both",
        "short",
        "huge",
    ],
)
def test_what_is_no_request_is_refused_or_dropped(standing: Daemon, api: Api, content: bytes) -> None:
    answer = sent(standing, content)
    assert answer == b"" or answer.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4", b"HTTP/1.0 505")), answer[:300]
    assert api.get("/_ping").content == b"OK"
    assert "level=error" not in standing.log
