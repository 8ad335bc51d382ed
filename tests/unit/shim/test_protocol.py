"""Packets with descriptors, and the values in them."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.shim import protocol
from jupyter_containers.shim.protocol import Exit, LogOptions


@pytest.fixture
def pair() -> tuple[socket.socket, socket.socket]:
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    return protocol.roomy(one), protocol.roomy(other)


def test_a_packet_takes_descriptors_along(pair: tuple[socket.socket, socket.socket]) -> None:
    one, other = pair
    read_fd, write_fd = os.pipe()
    protocol.send(one, {"op": "attach"}, [write_fd])
    os.close(write_fd)
    message, (copy,) = protocol.receive(other)
    assert message == {"op": "attach"}
    os.write(copy, b"through")
    assert os.read(read_fd, 10) == b"through"
    for fd in (read_fd, copy):
        os.close(fd)
    one.close()
    other.close()


def test_a_large_packet_passes_and_a_larger_one_is_refused(pair: tuple[socket.socket, socket.socket]) -> None:
    one, other = pair
    text = "x" * (protocol.MAX_PACKET - 100)
    protocol.send(one, {"env": text})
    message, _ = protocol.receive(other)
    assert message == {"env": text}
    with pytest.raises(InvalidParameter, match="limit"):
        protocol.send(one, {"env": text + "x" * 200})
    one.close()
    other.close()


def test_the_end_is_none(pair: tuple[socket.socket, socket.socket]) -> None:
    one, other = pair
    one.close()
    assert protocol.receive(other) == (None, [])
    other.close()


def test_values_survive_the_way() -> None:
    ended = Exit(137, 5, oom_killed=True, reason="why", cpu_ns=7, memory_peak_bytes=9)
    assert Exit.from_json(ended.to_json()) == ended
    options = LogOptions("/log", 10, 2)
    assert LogOptions.from_json(options.to_json()) == options


def test_a_sockets_path_is_short_and_its_bundles_own() -> None:
    run = Path("/run/user/1000/jupyter-containers")
    paths = {protocol.socket_path(run, run / "bundles" / (f"{n:02}" * 32)) for n in range(50)}
    assert len(paths) == 50
    assert all(len(os.fsencode(path)) < 108 for path in paths)


def test_an_empty_non_blocking_socket_says_so(pair: tuple[socket.socket, socket.socket]) -> None:
    one, other = pair
    other.setblocking(False)
    with pytest.raises(BlockingIOError):
        protocol.receive(other)
    one.close()
    other.close()


def test_an_end_that_an_older_shim_wrote_down_is_read() -> None:
    assert Exit.from_json({"exit_code": 3, "at_ns": 7}) == Exit(3, 7)


def test_a_packet_can_be_looked_at_before_it_is_taken() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        protocol.send(ours, {"op": "start"})
        assert protocol.peek(theirs) == {"op": "start"}
        assert protocol.receive(theirs) == ({"op": "start"}, [])
        protocol.send(ours, {"op": "x" * 300})
        assert protocol.peek(theirs) is None
        assert protocol.receive(theirs)[0] == {"op": "x" * 300}
        ours.close()
        assert protocol.peek(theirs) is None
