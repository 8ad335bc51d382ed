"""What a client asks is written down while it is wanted, and a daemon of ours is told to record."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest

from jupyter_containers.client.addresses import Address
from jupyter_containers.client.rest_log import HEADER
from jupyter_containers.client.traces import Traces
from jupyter_containers.client.transport import Transport
from jupyter_containers.errors import Unsupported
from tests.support.canned_server import answer, canned_server

UPGRADED = b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"


def test_requests_of_the_block_are_written_down_and_no_others(tmp_path: Path) -> None:
    canned = [answer(b"[]"), answer(b"", "204 No Content"), UPGRADED + b"early", CHUNKED, answer(b"[]")]
    with canned_server(tmp_path, *canned) as server, closing(Transport(Address(server.path))) as transport:
        transport.request("GET", "/before")
        with Traces(transport).recording() as log:
            transport.request("POST", "/one", json={"secret": "word"})
            with transport.upgrade("/two", json={"a": 1}, terminal=True):
                pass
            assert list(transport.chunks(transport.request("GET", "/three", stream=True))) == [b"hello"]
        transport.request("GET", "/after")
    assert [(call.method, call.path, call.status, call.received_bytes) for call in log.calls] == [
        ("POST", "/v1.44/one", 204, 0), ("POST", "/v1.44/two", 101, 0), ("GET", "/v1.44/three", 200, 5),
    ]  # fmt: skip
    assert log.calls[0].sent_bytes == len(json.dumps({"secret": "word"}))
    wanted = [f"{HEADER}: {log.token}" in request for request in server.requests]
    assert wanted == [False, True, True, True, False]


def test_a_daemon_that_is_not_ours_is_asked_for_no_record(tmp_path: Path) -> None:
    with canned_server(tmp_path) as server, closing(Transport(Address(server.path))) as transport:
        traces = Traces(transport)
        with traces.recording() as log:
            pass
        for ask in (lambda: traces.of_log(log), lambda: traces.of_container("web")):
            with pytest.raises(Unsupported, match=r"unix://.* is not ours and keeps no trace"):
                ask()
    assert server.requests == []
