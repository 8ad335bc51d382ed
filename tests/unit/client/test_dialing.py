"""Dialing: unix and TCP; TLS and ssh have tests of their own."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from jupyter_containers.client.addresses import Address, Tls
from jupyter_containers.client.dialing import dial


def test_a_unix_socket_and_a_port_are_dialed(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as unix, socket.socket() as tcp:
        unix.bind(str(tmp_path / "s"))
        tcp.bind(("127.0.0.1", 0))
        for listener, address in (
            (unix, Address(tmp_path / "s")),
            (tcp, Address(host="127.0.0.1", port=tcp.getsockname()[1])),
        ):
            listener.listen()
            with dial(address) as ours:
                theirs, _ = listener.accept()
                with theirs:
                    ours.sendall(b"x")
                    assert theirs.recv(1) == b"x"
                assert ours.gettimeout() is None


def test_nobody_there_is_an_os_error(tmp_path: Path) -> None:
    with socket.socket() as tcp:
        tcp.bind(("127.0.0.1", 0))
        nowhere = Address(host="127.0.0.1", port=tcp.getsockname()[1])
        with pytest.raises(ConnectionRefusedError):
            dial(nowhere)
        with pytest.raises(ConnectionRefusedError):
            dial(Address(host=nowhere.host, port=nowhere.port, tls=Tls(tmp_path)))
    with pytest.raises(FileNotFoundError):
        dial(Address(tmp_path / "none"))
