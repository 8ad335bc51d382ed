"""Streams between a process's pipes, its log and its clients, on real pipes and sockets."""

from __future__ import annotations

import fcntl
import os
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jupyter_containers.linux import terminals
from jupyter_containers.shim.client import MAX_BEHIND, Client
from jupyter_containers.shim.logs import ContainerLog
from jupyter_containers.shim.loop import Loop
from jupyter_containers.shim.protocol import STDERR, STDIN, STDOUT, LogOptions
from jupyter_containers.shim.streams import Streams
from tests.support.eventually import eventually

ALL = frozenset({STDIN, STDOUT, STDERR})


class Process:
    """The process's side of the pipes, and a loop for the shim's side."""

    def __init__(self, log: ContainerLog | None = None, *, keeps_input: bool = False) -> None:
        self.loop = Loop()
        self.stdin, input_fd = os.pipe()
        out, self.stdout = os.pipe()
        err, self.stderr = os.pipe()
        self.streams = Streams(
            self.loop, {out: STDOUT, err: STDERR}, input_fd, is_terminal=False, keeps_input=keeps_input, log=log
        )

    def client(self, wants: frozenset[int] = ALL) -> socket.socket:
        ours, theirs = socket.socketpair()
        ours.settimeout(5)
        self.streams.attach(Client(theirs, wants, raw=False))
        return ours

    def turn(self, rounds: int = 20) -> None:
        for _ in range(rounds):
            self.loop.later(0, lambda: None)  # so that a turn with nothing to do does not sleep
            self.loop.turn()

    def turn_until(self, condition: Callable[[], bool]) -> None:
        def turned() -> bool:
            self.turn(1)
            return condition()

        eventually(turned)

    def close(self) -> None:
        self.streams.end()
        for fd in (self.stdin, self.stdout, self.stderr):
            try:
                os.close(fd)
            except OSError:
                pass
        self.loop.close()


@pytest.fixture
def process() -> Iterator[Process]:
    made = Process()
    yield made
    made.close()


def frame(stream: int, content: bytes) -> bytes:
    return struct.pack(">BxxxL", stream, len(content)) + content


def test_output_comes_in_frames_to_everybody(process: Process) -> None:
    one, other = process.client(), process.client()
    os.write(process.stdout, b"out")
    process.turn()
    os.write(process.stderr, b"err")
    process.turn()
    for client in (one, other):
        assert client.recv(100) == frame(STDOUT, b"out") + frame(STDERR, b"err")
        client.close()


def test_a_client_gets_only_what_it_wants(process: Process) -> None:
    client = process.client(frozenset({STDERR}))
    os.write(process.stdout, b"out")
    os.write(process.stderr, b"err")
    process.turn()
    assert client.recv(100) == frame(STDERR, b"err")
    client.close()


def test_input_reaches_the_process_and_its_end_closes_it(process: Process) -> None:
    client = process.client()
    client.sendall(b"typed")
    process.turn()
    assert os.read(process.stdin, 100) == b"typed"
    client.shutdown(socket.SHUT_WR)
    process.turn()
    assert os.read(process.stdin, 100) == b""
    os.write(process.stdout, b"still here")
    process.turn()
    assert client.recv(100) == frame(STDOUT, b"still here")
    client.close()


def test_input_stays_open_when_it_is_to_be_kept() -> None:
    process = Process(keeps_input=True)
    first = process.client()
    first.shutdown(socket.SHUT_WR)
    process.turn()
    second = process.client()
    second.sendall(b"later")
    process.turn()
    assert os.read(process.stdin, 100) == b"later"
    first.close()
    second.close()
    process.close()


def test_more_input_than_the_process_reads_waits_and_is_not_lost(process: Process) -> None:
    client = process.client()
    content = os.urandom(1 << 20)
    client.setblocking(False)
    sent, got = 0, bytearray()
    while len(got) < len(content):
        try:
            sent += client.send(content[sent : sent + 65536])
        except BlockingIOError:
            pass
        process.turn(2)
        os.set_blocking(process.stdin, False)
        try:
            got += os.read(process.stdin, 65536)
        except BlockingIOError:
            pass
    assert bytes(got) == content
    client.close()


def test_a_slow_client_holds_the_process_back_and_loses_nothing(process: Process) -> None:
    client = process.client()
    os.set_blocking(process.stdout, False)
    written, stuck = 0, 0
    while stuck < 50:
        try:
            written += os.write(process.stdout, b"x" * 65536)
            stuck = 0
        except BlockingIOError:
            stuck += 1
        process.turn(1)
    assert written < MAX_BEHIND + 2 * (1 << 20)
    received = 0
    client.setblocking(False)
    os.close(process.stdout)
    while True:
        process.turn(2)
        try:
            chunk = client.recv(1 << 20)
        except BlockingIOError:
            if received >= written:
                break
            continue
        received += len(chunk)
    assert received >= written
    client.close()


def test_a_client_that_vanishes_hurts_nobody(process: Process) -> None:
    gone, stays = process.client(), process.client()
    gone.close()
    for _ in range(3):
        os.write(process.stdout, b"more")
        process.turn()
    assert stays.recv(1000) == frame(STDOUT, b"more") * 3
    stays.close()


def test_draining_takes_what_is_left_and_ends_clients(tmp_path: Path) -> None:
    process = Process(ContainerLog(LogOptions(str(tmp_path / "log"))))
    client = process.client()
    os.write(process.stdout, b"last words")
    for fd in (process.stdout, process.stderr):
        os.close(fd)
    process.streams.drain(5)
    assert b"last words" in (tmp_path / "log").read_bytes()
    process.streams.end()
    assert client.recv(100) == frame(STDOUT, b"last words")
    assert client.recv(100) == b""
    late = process.client()
    assert late.recv(100) == b""
    client.close()
    late.close()
    process.close()


def test_a_terminal_is_one_stream_both_ways() -> None:
    loop = Loop()
    master, slave = terminals.open_pty_in("/dev/pts")
    streams = Streams(loop, {master: STDOUT}, master, is_terminal=True, keeps_input=False, log=None)
    ours, theirs = socket.socketpair()
    ours.settimeout(5)
    streams.attach(Client(theirs, ALL, raw=True))
    streams.resize(30, 90)
    assert terminals.get_size(slave) == (30, 90)
    ours.sendall(b"typed\n")
    seen = b""
    while b"typed\r\n" not in seen:  # the terminal echoes
        loop.turn()
        ours.setblocking(False)
        try:
            seen += ours.recv(100)
        except BlockingIOError:
            pass
    assert os.read(slave, 100) == b"typed\n"
    os.close(slave)
    streams.drain(5)
    streams.end()
    ours.close()
    loop.close()


def test_the_end_of_the_process_waits_for_nobody_but_loses_nothing(process: Process) -> None:
    """A client that is far behind gets the rest after the process has ended."""
    client = process.client()
    while process.streams.has_clients and not any(one.is_behind for one in process.streams._clients.values()):
        os.write(process.stdout, b"x" * 4096)
        process.turn(1)
    os.write(process.stdout, b"the end")
    process.streams.end_soon(60)
    os.close(process.stdout)
    os.close(process.stderr)
    received = bytearray()
    client.setblocking(False)

    def read() -> bool:
        try:
            chunk = client.recv(1 << 20)
        except BlockingIOError:
            return False
        received.extend(chunk)
        return not chunk

    process.turn_until(read)
    assert received.endswith(frame(STDOUT, b"the end"))
    assert not process.streams.has_clients
    client.close()


def test_all_that_a_large_pipe_holds_is_taken_at_the_end(process: Process) -> None:
    """While a client is far behind nobody reads the pipe; its end must not wait for that client."""
    client = process.client()
    fcntl.fcntl(process.stdout, fcntl.F_SETPIPE_SZ, 1 << 20)
    while not any(one.is_behind for one in process.streams._clients.values()):
        os.write(process.stdout, b"x" * 65536)
        process.turn(1)
    os.write(process.stdout, b"y" * 500_000)
    process.streams.end()
    received = bytearray()
    client.setblocking(False)

    def read() -> bool:
        try:
            chunk = client.recv(1 << 20)
        except BlockingIOError:
            return False
        received.extend(chunk)
        return not chunk

    process.turn_until(read)
    assert received.count(b"y") == 500_000
    client.close()


def test_others_that_hold_the_output_get_a_moment_and_no_more(process: Process) -> None:
    client = process.client()
    process.streams.end_soon(0.2)
    os.write(process.stdout, b"late")
    process.turn(5)
    assert client.recv(100) == frame(STDOUT, b"late")
    process.turn_until(lambda: not process.streams.has_clients)
    assert client.recv(100) == b""
    client.close()


def test_somebody_who_writes_without_end_does_not_keep_the_end_away(process: Process) -> None:
    def write() -> None:
        try:
            while True:
                os.write(process.stdout, b"y\n" * 2048)
        except BrokenPipeError:
            pass

    client = process.client()
    writer = threading.Thread(target=write)
    writer.start()
    process.streams.end_soon(0.1)
    client.setblocking(False)

    def read() -> bool:
        try:
            return not client.recv(1 << 20)
        except BlockingIOError:
            return False

    process.turn_until(read)
    writer.join()
    client.close()


def test_who_hangs_up_without_reading_is_missed(process: Process) -> None:
    client = process.client(frozenset({STDOUT}))
    process.turn(2)
    client.close()
    process.turn_until(lambda: not process.streams.has_clients)


def test_input_is_taken_to_its_end_from_somebody_who_has_hung_up(process: Process) -> None:
    client = process.client(frozenset({STDIN}))
    content = os.urandom(150_000)
    client.sendall(content)
    client.close()
    got = bytearray()
    os.set_blocking(process.stdin, False)

    def read() -> bool:
        try:
            chunk = os.read(process.stdin, 1 << 16)
        except BlockingIOError:
            return False
        got.extend(chunk)
        return not chunk

    process.turn_until(read)
    assert bytes(got) == content
    process.turn_until(lambda: not process.streams.has_clients)


def test_who_stops_typing_where_input_stays_open_has_left() -> None:
    """As in dockerd: with OpenStdin and without StdinOnce the end of the input is the end of the attachment."""
    process = Process(keeps_input=True)
    client = process.client()
    os.write(process.stdout, b"before")
    process.turn()
    client.shutdown(socket.SHUT_WR)
    process.turn()
    assert client.recv(100) == frame(STDOUT, b"before")
    assert client.recv(100) == b""
    client.close()
    process.close()


def test_a_process_that_closes_its_input_costs_nothing_more(process: Process) -> None:
    client = process.client()
    os.close(process.stdin)
    process.stdin = os.open(os.devnull, os.O_RDONLY)
    client.sendall(b"nobody reads this")
    process.turn()
    os.write(process.stdout, b"fine")
    process.turn()
    assert client.recv(100) == frame(STDOUT, b"fine")
    client.close()


def test_a_loop_with_an_idle_process_sleeps(process: Process) -> None:
    """Nothing that is always ready may stay in the loop: not a half-closed client, not a closed input."""
    client = process.client()
    client.shutdown(socket.SHUT_WR)
    os.close(process.stdin)
    process.stdin = os.open(os.devnull, os.O_RDONLY)
    process.turn()
    woken: list[int] = []
    process.loop.later(0.05, lambda: woken.append(1))
    turns = 0
    while not woken:
        process.loop.turn()
        turns += 1
    assert turns <= 2
    client.close()
