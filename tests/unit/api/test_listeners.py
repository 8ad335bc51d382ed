"""Where the server listens: addresses read, TCP guarded, sockets bound."""

from __future__ import annotations

import grp
import os
import socket
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_containers.api.listeners import (
    UNPROTECTED,
    ListenAddress,
    Protection,
    bind_unix,
    bound_address,
    passed_descriptors,
)
from jupyter_containers.api.tls import TlsFiles
from jupyter_containers.errors import Conflict, InvalidParameter

INSECURE = Protection(insecure=True)
SECURE = Protection(tls=TlsFiles(Path("a"), Path("b"), Path("c")))


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("tcp://127.0.0.1:2375", "127.0.0.1", 2375),
        ("tcp://[::1]:80", "::1", 80),
        ("tcp://[::1]", "::1", None),
        ("tcp://host", "host", None),
        ("tcp://:5555", "localhost", 5555),
        ("tcp://", "localhost", None),
    ],
)
def test_a_tcp_address_is_read_as_dockerd_reads_it(text: str, host: str, port: int | None) -> None:
    address = ListenAddress.parse(text)
    assert (address.host, address.port, address.is_tcp) == (host, port, True)


def test_unix_and_passed_descriptors() -> None:
    assert ListenAddress.parse("unix:///run/x.sock").path == Path("/run/x.sock")
    assert ListenAddress.parse("fd://").descriptor is ListenAddress.parse("fd://*").descriptor is None
    assert ListenAddress.parse("fd://4").descriptor == 4


@pytest.mark.parametrize(
    "text",
    ["/run/x.sock", "unix://relative", "http://x", "", "tcp://::1:2375", "tcp://a b:1", "tcp://h:1/path", "tcp://h:x",
     "tcp://h:65536", "tcp://[::1", "tcp://[::1]x", "fd://2", "fd://x"],
)  # fmt: skip
def test_what_is_no_address_is_named(text: str) -> None:
    with pytest.raises(InvalidParameter, match="expected") as caught:
        ListenAddress.parse(text)
    assert repr(text) in caught.value.message


@given(st.text(max_size=30))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    for scheme in ("", "unix://", "tcp://", "fd://"):
        try:
            ListenAddress.parse(scheme + text)
        except InvalidParameter:
            pass


def test_tcp_is_served_only_with_client_certificates_or_on_loopback_by_request() -> None:
    with pytest.raises(InvalidParameter, match=r"without TLS.*--tlsverify"):
        ListenAddress.parse("tcp://127.0.0.1:2375").check(UNPROTECTED)
    for host in ("0.0.0.0", "192.0.2.1", "[::]"):
        with pytest.raises(InvalidParameter, match="loopback"):
            ListenAddress.parse(f"tcp://{host}:2375").check(INSECURE)
        ListenAddress.parse(f"tcp://{host}:2376").check(SECURE)
    for host in ("127.0.0.1", "127.9.9.9", "[::1]", "localhost"):
        ListenAddress.parse(f"tcp://{host}:2375").check(INSECURE)


def test_a_bound_address_has_its_port_and_a_used_one_is_named() -> None:
    (listener,) = ListenAddress.parse("tcp://127.0.0.1:0").bind(INSECURE, None)
    with listener:
        address = bound_address(listener)
        assert address == f"tcp://127.0.0.1:{listener.getsockname()[1]}"
        listener.listen()
        with pytest.raises(Conflict, match="is in use; choose another port"):
            ListenAddress.parse(address).bind(INSECURE, None)


def test_an_address_that_is_not_ours_cannot_be_bound() -> None:
    with pytest.raises(InvalidParameter, match=r"tcp://192\.0\.2\.1:1: Cannot assign requested address"):
        ListenAddress.parse("tcp://192.0.2.1:1").bind(SECURE, None)
    with pytest.raises(InvalidParameter, match=r"no address of 'no-such-host\.invalid'"):
        ListenAddress.parse("tcp://no-such-host.invalid:1").bind(SECURE, None)


def test_only_what_was_passed_to_this_process_is_taken() -> None:
    assert passed_descriptors({"LISTEN_PID": "7", "LISTEN_FDS": "2"}, 7) == [3, 4]
    assert passed_descriptors({"LISTEN_PID": "8", "LISTEN_FDS": "2"}, 7) == []
    assert passed_descriptors({"LISTEN_PID": "7", "LISTEN_FDS": "x"}, 7) == passed_descriptors({}, 7) == []
    with pytest.raises(InvalidParameter, match="no sockets were passed"):
        ListenAddress.parse("fd://").bind(UNPROTECTED, None)


def test_a_passed_socket_is_served_but_tcp_needs_protection_there_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LISTEN_PID", str(os.getpid()))
    with socket.socket() as passed:
        passed.bind(("127.0.0.1", 0))
        monkeypatch.setattr("jupyter_containers.api.listeners.FIRST_FD", passed.fileno())
        monkeypatch.setenv("LISTEN_FDS", "1")
        address = ListenAddress(f"fd://{passed.fileno()}", descriptor=passed.fileno())
        with pytest.raises(InvalidParameter, match="without TLS"):
            address.bind(UNPROTECTED, None)
        (listener,) = address.bind(INSECURE, None)
        assert bound_address(listener) == f"tcp://127.0.0.1:{passed.getsockname()[1]}"
        assert not os.get_inheritable(listener.fileno())
        listener.detach()
        with pytest.raises(InvalidParameter, match="were passed"):
            ListenAddress("fd://999", descriptor=999).bind(INSECURE, None)


def test_a_socket_is_its_owners_alone_or_its_groups(tmp_path: Path) -> None:
    bind_unix(tmp_path / "own", None).close()
    assert stat.S_IMODE((tmp_path / "own").stat().st_mode) == 0o600
    group = grp.getgrgid(os.getegid())
    bind_unix(tmp_path / "shared", group.gr_name).close()
    assert stat.S_IMODE((tmp_path / "shared").stat().st_mode) == 0o660
    assert (tmp_path / "shared").stat().st_gid == group.gr_gid
    with pytest.raises(InvalidParameter, match="no group 'nobody-has-this'"):
        bind_unix(tmp_path / "x", "nobody-has-this")


def test_a_leftover_is_replaced_and_a_living_server_is_not(tmp_path: Path) -> None:
    path = tmp_path / "s"
    bind_unix(path, None).close()
    listener = bind_unix(path, None)
    listener.listen()
    try:
        with pytest.raises(Conflict, match="another server answers there"):
            bind_unix(path, None)
    finally:
        listener.close()
    path.unlink()
    path.write_text("somebody's file")
    with pytest.raises(Conflict, match="not a socket"):
        bind_unix(path, None)
    assert path.read_text() == "somebody's file"


def test_a_path_that_cannot_be_bound_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match="socket path is too long"):
        ListenAddress.parse(f"unix:///{'x' * 110}").bind(UNPROTECTED, None)
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidParameter, match=r"cannot listen on .*/file/f/s: Not a directory"):
        bind_unix(tmp_path / "file" / "f" / "s", None)
