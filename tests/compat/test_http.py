"""HTTP as clients of every age speak it, byte by byte, to the daemon's socket."""

from __future__ import annotations

import json
import re
import socket

import pytest

from tests.support.daemon import Docker

JSON = "Content-Type: application/json\r\n"


def request(method: str, path: str, headers: str = "", body: str = "", version: str = "1.1") -> bytes:
    host = "Host: docker\r\n" if version == "1.1" else ""
    length = f"Content-Length: {len(body)}\r\n" if body else ""
    return f"{method} {path} HTTP/{version}\r\n{host}{headers}{length}\r\n{body}".encode()


CLOSE = "Connection: close\r\n"


@pytest.fixture
def path(docker: Docker) -> str:
    return docker.host.removeprefix("unix://")


def exchanged(path: str, *pieces: bytes, ends: bool = False) -> list[tuple[int, str, bytes]]:
    """Send pieces on one connection; return status, head and body of the answers, until the daemon closes it."""
    content = b""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(20)
        client.connect(path)
        for piece in pieces:
            client.sendall(piece)
        if ends:
            client.shutdown(socket.SHUT_WR)
        while received := client.recv(65536):
            content += received
    answers = []
    for answer in re.split(rb"(?=HTTP/1\.[01] \d{3} )", content)[1:]:
        head, _, body = answer.partition(b"\r\n\r\n")
        answers.append((int(head.split()[1]), head.decode(), body))
    return answers


def one(path: str, *pieces: bytes) -> tuple[int, str, bytes]:
    (answer,) = exchanged(path, *pieces)
    return answer


def test_an_old_client_is_answered_in_its_version_and_the_connection_ends(path: str) -> None:
    status, head, body = one(path, request("GET", "/_ping", version="1.0"))
    assert (status, body, head.startswith("HTTP/1.0 ")) == (200, b"OK", True)
    status, head, body = one(path, request("GET", "/events?until=1", version="1.0"))
    assert (status, body, "chunked" in head) == (200, b"", False)


def test_an_old_client_may_keep_its_connection(path: str) -> None:
    keep = request("GET", "/_ping", "Connection: keep-alive\r\n", version="1.0")
    first, second = exchanged(path, keep, request("GET", "/_ping", version="1.0"))
    assert "connection: keep-alive" in first[1].lower()
    assert (first[2], second[2]) == (b"OK", b"OK")


def test_requests_in_one_packet_and_one_in_many(path: str) -> None:
    ping, last = request("GET", "/_ping"), request("GET", "/_ping", CLOSE)
    assert [body for _, _, body in exchanged(path, ping * 20 + last)] == [b"OK"] * 21
    assert [body for _, _, body in exchanged(path, *(last[n : n + 1] for n in range(len(last))))] == [b"OK"]


def test_a_client_that_ends_its_half_is_answered(path: str) -> None:
    (answer,) = exchanged(path, request("GET", "/version", version="1.0"), ends=True)
    assert answer[0] == 200
    assert json.loads(answer[2])["Os"] == "linux"


def test_the_head_alone(path: str) -> None:
    status, head, body = one(path, request("HEAD", "/_ping", CLOSE))
    assert (status, body) == (200, b"")
    assert "Api-Version: " in head
    assert one(path, request("HEAD", "/containers/json", CLOSE))[::2] == (404, b"")


@pytest.mark.parametrize(
    ("method", "place"),
    [
        ("GET", "/nothing/here"),
        ("GET", "/"),
        ("GET", "/containers/json/"),
        ("PUT", "/containers/json"),
        ("POST", "/version"),
        ("GET", "/containers/create"),
        ("DELETE", "/v1.41/info"),
        ("GET", "/v1.41x/info"),
    ],
)
def test_paths_and_methods_that_are_not_there(path: str, method: str, place: str) -> None:
    status, head, body = one(path, request(method, place, CLOSE))
    assert (status, json.loads(body)) == (404, {"message": "page not found"})
    assert "Content-Type: application/json\r\n" in head


@pytest.mark.parametrize(
    "place", ["//containers/json", "/v1.41/../containers/json", "/containers//json", "/x/./../containers/json"]
)
def test_a_path_that_is_not_clean_is_sent_to_the_clean_one(path: str, place: str) -> None:
    status, head, _ = one(path, request("GET", place, CLOSE))
    assert (status, "Location: /containers/json" in head) == (301, True)


def test_options_are_answered_with_nothing(path: str) -> None:
    assert one(path, request("OPTIONS", "/containers/json", CLOSE))[::2] == (200, b"")


def test_a_body_in_chunks_and_one_that_is_waited_for(path: str) -> None:
    chunked = request("POST", "/containers/create", f"{JSON}{CLOSE}Transfer-Encoding: chunked\r\n")
    status, _, body = one(path, chunked + b"1\r\n{\r\n1;x=y\r\n}\r\n0\r\nTrailer: x\r\n\r\n")
    assert (status, "onfig cannot be empty" in json.loads(body)["message"]) == (400, True)
    waiting = request("POST", "/containers/create", f"{JSON}{CLOSE}Expect: 100-continue\r\nContent-Length: 2\r\n")
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(20)
        client.connect(path)
        client.sendall(waiting)
        assert client.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"{}")
        assert client.recv(1000).startswith(b"HTTP/1.1 400 ")
    assert one(path, waiting.replace(b"100-continue", b"200-maybe"))[0] == 417


@pytest.mark.parametrize(
    "content",
    [
        b"\0\1\2\3\r\n\r\n",
        b"GET /_ping HTTP/1.1\r\n\r\n",
        b"GET /_ping HTTP/1.1\r\nHost: d\r\nContent-Length: -1\r\n\r\n",
        b"GET /_ping HTTP/1.1\r\nHost: d\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    ],
    ids=["noise", "no host", "negative length", "two lengths"],
)
def test_what_is_no_request_is_400_and_the_end(path: str, content: bytes) -> None:
    assert one(path, content)[0] == 400


def test_other_versions_of_http_are_505(path: str) -> None:
    assert one(path, b"GET /_ping HTTP/9.9\r\nHost: d\r\n\r\n")[0] == 505


@pytest.mark.parametrize(
    "place",
    ["/containers/create", "/containers/none/exec", "/containers/none/update", "/networks/create", "/volumes/create"],
)
def test_what_is_said_to_be_no_json_is_refused(path: str, place: str) -> None:
    for kind, words in (("text/plain", "(text/plain)"), ("", "()")):
        headers = f"{CLOSE}Content-Type: {kind}\r\n" if kind else CLOSE
        status, _, body = one(path, request("POST", place, headers, "{}"))
        message = json.loads(body)["message"]
        assert (status, words in message, "Content-Type" in message) == (400, True, True)
    status, _, body = one(path, request("POST", "/volumes/create", JSON + CLOSE, "{"))
    assert (status, "unexpected EOF" in json.loads(body)["message"]) == (400, True)


def test_a_hijacked_connection_has_two_halves(docker: Docker, path: str) -> None:
    container = docker("create", "-i", "--network", "none", "busybox", "cat").stdout.strip()
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(20)
            client.connect(path)
            upgrade, query = "Connection: Upgrade\r\nUpgrade: tcp\r\n", "stream=1&stdin=1&stdout=1"
            client.sendall(request("POST", f"/containers/{container}/attach?{query}", upgrade))
            head = client.recv(1000)
            assert head.startswith(b"HTTP/1.1 101 UPGRADED\r\n")
            docker("start", container)
            client.sendall(b"all of it")
            client.shutdown(socket.SHUT_WR)
            content = head.partition(b"\r\n\r\n")[2]
            while received := client.recv(65536):
                content += received
        assert re.sub(rb"\x01\0\0\0....", b"", content, flags=re.DOTALL) == b"all of it"
    finally:
        docker("rm", "-f", container)
