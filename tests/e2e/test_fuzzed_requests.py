"""Bytes that are nearly requests, in pieces: an answer or the end of the connection, in time; no 500."""

from __future__ import annotations

import os
import re
import socket

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.api_client import Api
from tests.support.daemon import Daemon

pytestmark = pytest.mark.usefixtures("unharmed")

METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "CONNECT", "get", "G T", ""]
PATHS = [
    "/_ping", "/version", "/info", "/containers/json", "/containers/json?all=1&filters={", "/containers/create",
    "/containers/create?name=%zz", "/containers/none/start", "/containers/none/attach?stream=1", "/exec/none/start",
    "/containers/none/archive?path=/", "/images/json", "/images/load", "/networks/create", "/volumes/create", "/auth",
    "/events?until=1", "/v1.41/_ping", "/v9.9/_ping", "/v1.41/../_ping", "//", "*", "http://d/_ping",
    "", "/%00", "/\xff", "http://\xff/_ping", "http://a\xc3\xbf.b/_ping",
]  # fmt: skip
HEADERS = [
    "Host: d", "Host: d", "Host:", "Content-Length: 2", "Content-Length: 0", "Content-Length: 5", "Content-Length: -1",
    "Content-Length: 99999999999999999999", "Content-Length: 0x2", "Transfer-Encoding: chunked",
    "Transfer-Encoding: gzip, chunked", "Transfer-Encoding: nonsense", "Connection: close", "Connection: keep-alive",
    "Connection: Upgrade\r\nUpgrade: tcp", "Upgrade: websocket", "Upgrade: h2c", "Expect: 100-continue", "Expect: x",
    "Content-Type: application/json", "Content-Type: text/plain", "Content-Encoding: gzip", "X: " + "y" * 9000,
    "X-Registry-Config: e30=", "X-Registry-Auth: nonsense", " folded", "No colon", ": nothing", "X:\0",
    "\u00e9: \u00e9",
    "Sec-WebSocket-Key1: x",
]  # fmt: skip
BODIES = [
    "",
    "{}",
    "{",
    "2\r\n{}\r\n0\r\n\r\n",
    "zz\r\n",
    "ffffffffffffffff\r\n",
    "0\r\nX: y\r\n\r\n",
    "[]",
    '{"a":1}',
    "\x1f\x8b",
]

lines = st.builds(
    lambda method, path, version, headers, body: "\r\n".join([f"{method} {path} {version}", *headers, "", body]),
    st.sampled_from(METHODS),
    st.sampled_from(PATHS),
    st.sampled_from(["HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "HTTP/1", ""]),
    st.lists(st.sampled_from(HEADERS), max_size=3).map(lambda found: ["Host: d", *found]),
    st.sampled_from(BODIES),
)
cuts = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 3), st.binary(max_size=3)), max_size=2)


def spoilt(content: bytes, changes: list[tuple[float, int, bytes]]) -> bytes:
    """Take some bytes out at some places, and put others in."""
    for place, taken, put in changes:
        start = int(place * len(content))
        content = content[:start] + put + content[start + taken :]
    return content


def exchanged(path: str, pieces: list[bytes]) -> bytes:
    """Send the pieces one after the other and the end; return all that comes back until the connection ends."""
    answer = b""
    with socket.socket(socket.AF_UNIX) as client:
        # Nothing that is sent here takes longer; a silent connection fails the test.
        client.settimeout(15)
        client.connect(path)
        try:
            for piece in pieces:
                client.sendall(piece)
            client.shutdown(socket.SHUT_WR)
            while received := client.recv(65536):
                answer += received
        except (BrokenPipeError, ConnectionResetError):
            pass  # the end of the connection
    return answer


@settings(
    max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.lists(lines, min_size=1, max_size=3), cuts, st.integers(1, 5))
def test_nearly_requests(
    standing: Daemon, requests: list[str], changes: list[tuple[float, int, bytes]], count: int
) -> None:
    content = spoilt("".join(requests).encode("latin-1"), changes)
    size = max(1, len(content) // count)
    answer = exchanged(os.fspath(standing.socket), [content[n : n + size] for n in range(0, len(content), size)])
    for status in re.findall(rb"(?:^|\n)HTTP/\d\.\d (\d{3})", answer):
        assert status < b"500" or status in (b"501", b"503", b"505"), answer[:500]
    assert answer == b"" or answer.startswith(b"HTTP/")


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300))
def test_any_bytes(standing: Daemon, content: bytes) -> None:
    answer = exchanged(os.fspath(standing.socket), [content])
    assert answer == b"" or re.match(rb"HTTP/\d\.\d (2|4|505)", answer), answer[:300]


def test_the_daemon_is_as_before(standing: Daemon) -> None:
    for content in (b"GET /_ping HTTP/1.1\r\nHost: d\r\n\r\n" * 500, b"\r\n" * 5000 + b"GET /_ping HTTP/1.0\r\n\r\n"):
        exchanged(os.fspath(standing.socket), [content])
    assert Api(os.fspath(standing.socket)).get("/_ping").content == b"OK"
    assert "level=error" not in standing.log
    assert "Traceback" not in standing.log
