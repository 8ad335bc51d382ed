"""Tests of client.transport against canned answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from jupyter_containers.client.addresses import Address
from jupyter_containers.client.transport import Transport
from jupyter_containers.errors import Conflict, NotFound, Unavailable
from tests.support.canned_server import CannedServer, answer, canned_server

Talk = tuple[CannedServer, Transport]


@contextmanager
def talking(folder: Path, content: bytes) -> Iterator[Talk]:
    """Return a server that gives one answer, and a transport that talks to it."""
    with canned_server(folder, content) as server, closing(Transport(Address(server.path))) as transport:
        yield server, transport


UPGRADED = b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"


def test_a_request_goes_to_the_version_that_both_sides_know(tmp_path: Path) -> None:
    with talking(tmp_path, answer(b'{"a": 1}')) as (server, transport):
        body = transport.request("GET", "/x", query={"a": True, "b": False, "c": "", "d": ["1", "2"], "e": None}).json()
    assert body == {"a": 1}
    assert server.requests[0].startswith("GET /v1.44/x?a=1&d=1&d=2 HTTP/1.1\r\n")


def test_a_body_of_pieces_is_sent_in_chunks(tmp_path: Path) -> None:
    with talking(tmp_path, answer(b"")) as (server, transport):
        transport.request("POST", "/build", body=iter([b"one", b"two"]))
    assert server.requests[0].endswith("3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n")


def test_a_failure_is_a_kind_with_the_daemons_words(tmp_path: Path) -> None:
    refused = answer(b'{"message": "no such thing"}', "404 Not Found")
    with talking(tmp_path, refused) as (_, transport), pytest.raises(NotFound, match="no such thing"):
        transport.request("GET", "/x")


def test_a_daemon_that_is_not_there_is_named(tmp_path: Path) -> None:
    with closing(Transport(Address(tmp_path / "none"))) as transport:
        with pytest.raises(
            Unavailable, match=r"cannot connect to the daemon at unix://.*/none: No such file or directory"
        ):
            transport.request("GET", "/x")
        with pytest.raises(Unavailable, match="cannot connect"):
            transport.upgrade("/x", terminal=True)


def test_an_answer_that_is_cut_off_is_told(tmp_path: Path) -> None:
    cut = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"
    with talking(tmp_path, cut) as (_, transport):
        chunks = transport.chunks(transport.request("GET", "/x", stream=True))
        assert next(chunks) == b"hello"
        with pytest.raises(Unavailable, match="went away in the middle"):
            next(chunks)


def test_an_answer_without_chunks_comes_byte_by_byte(tmp_path: Path) -> None:
    raw = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabc"
    with talking(tmp_path, raw) as (_, transport):
        assert list(transport.chunks(transport.request("GET", "/x", stream=True))) == [b"a", b"b", b"c"]


def test_bytes_behind_the_headers_of_an_upgrade_are_not_lost(tmp_path: Path) -> None:
    with talking(tmp_path, UPGRADED + b"early") as (server, transport):
        stream = transport.upgrade("/attach", query={"stream": True}, json={"a": 1}, terminal=True)
        with stream:
            assert b"".join(content for _, content in stream.exchange()) == b"early"
    assert server.requests[0].startswith("POST /v1.44/attach?stream=1 HTTP/1.1\r\n")
    assert "Upgrade: tcp" in server.requests[0]
    assert server.requests[0].endswith('{"a": 1}')


def test_a_daemon_may_hijack_without_saying_so(tmp_path: Path) -> None:
    raw = b"HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n\x01\0\0\0\0\0\0\x02hi"
    with talking(tmp_path, raw) as (_, transport), transport.upgrade("/attach", terminal=False) as stream:
        assert list(stream.exchange()) == [(1, b"hi")]


def test_an_upgrade_that_is_refused_is_a_failure(tmp_path: Path) -> None:
    refused = answer(b'{"message": "is not running"}', "409 Conflict")
    with talking(tmp_path, refused) as (_, transport), pytest.raises(Conflict, match="is not running"):
        transport.upgrade("/attach", terminal=False)
