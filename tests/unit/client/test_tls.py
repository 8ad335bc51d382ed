"""TLS of the client, against Python's own server side."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from jupyter_containers.client.addresses import Address, Tls
from jupyter_containers.client.dialing import dial
from jupyter_containers.client.raw import RawStream
from jupyter_containers.client.tls import TlsSocket, client_context
from jupyter_containers.errors import InvalidParameter
from tests.support.certificates import make_certificates

Serve = Callable[[ssl.SSLSocket], None]


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificates(tmp_path_factory.mktemp("c"))


@contextmanager
def served(certificates: Path, serve: Serve) -> Iterator[Address]:
    """Serve one connection in a thread; give the address that dials it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "server" / "cert.pem", certificates / "server" / "key.pem")
    context.load_verify_locations(certificates / "ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED

    def work() -> None:
        accepted, _ = listener.accept()
        with accepted:
            try:
                with context.wrap_socket(accepted, server_side=True) as secured:
                    serve(secured)
            except (ssl.SSLError, ConnectionError):
                pass  # the client's side of it is what is looked at

    with socket.create_server(("", 0)) as listener:
        thread = threading.Thread(target=work)
        thread.start()
        yield Address(host="127.0.0.1", port=listener.getsockname()[1], tls=Tls(certificates / "client"))
        thread.join(10)


def waited(go: threading.Event) -> None:
    assert go.wait(10)


def counting(secured: ssl.SSLSocket) -> None:
    """Echo to the end of the input, and then tell how much it was."""
    size = 0
    while content := secured.recv(65536):
        size += len(content)
        secured.sendall(content)
    secured.sendall(b"|%d" % size)
    secured.unwrap()


def test_the_input_ends_and_the_output_goes_on(certificates: Path) -> None:
    with served(certificates, counting) as address, RawStream(dial(address), framed=False) as stream:
        content = b"".join(piece for _, piece in stream.exchange(b"x" * 3_000_000))
    assert len(content) == 3_000_000 + len("|3000000")
    assert content.endswith(b"x|3000000")


def test_no_input_at_all_ends_at_once(certificates: Path) -> None:
    with served(certificates, counting) as address, RawStream(dial(address), framed=False) as stream:
        assert [*stream.exchange(b"")] == [(1, b"|0")]


def test_it_reads_as_a_file_does_and_says_when_there_is_nothing_yet(certificates: Path) -> None:
    go = threading.Event()

    def serve(secured: ssl.SSLSocket) -> None:
        secured.sendall(b"line\nrest")
        waited(go)

    with served(certificates, serve) as address:
        end = dial(address)
        with end.makefile("rb") as file:
            assert file.readline() == b"line\n"
            end.setblocking(False)
            assert file.peek() == b"rest"
            assert file.read(4) == b"rest"
            with pytest.raises(BlockingIOError):
                end.recv(1)
        assert isinstance(end, TlsSocket)
        go.set()
        end.close()


def test_a_server_that_nobody_vouches_for_is_not_spoken_to(certificates: Path, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_bytes((certificates / "other.pem").read_bytes())
    failed = pytest.raises(ssl.SSLCertVerificationError, match="certificate verify failed")
    with served(certificates, counting) as address, failed:
        dial(Address(host=address.host, port=address.port, tls=Tls(tmp_path)))


def test_the_name_of_the_server_is_checked_unless_told_otherwise(certificates: Path) -> None:
    failed = pytest.raises(ssl.SSLCertVerificationError, match="certificate is not valid for")
    with served(certificates, counting) as address, failed:
        dial(Address(host="127.0.0.2", port=address.port, tls=address.tls))
    with served(certificates, counting) as address:
        lax = Address(host="127.0.0.2", port=address.port, tls=Tls(certificates / "client", verify=False))
        with RawStream(dial(lax), framed=False) as stream:
            assert [*stream.exchange(b"")] == [(1, b"|0")]


def test_files_that_are_no_good_are_named(certificates: Path, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("not PEM")
    with pytest.raises(InvalidParameter, match=r"cannot use the certificates in .* \(ca\.pem\)"):
        client_context(Tls(tmp_path))
    (tmp_path / "ca.pem").unlink()
    (tmp_path / "cert.pem").write_bytes((certificates / "client" / "cert.pem").read_bytes())
    with pytest.raises(InvalidParameter, match=r"\(cert\.pem\): No such file or directory"):
        client_context(Tls(tmp_path))


def test_without_an_authority_the_machines_own_are_believed(
    certificates: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates / "ca.pem"))
    assert client_context(Tls(tmp_path)).cert_store_stats()["x509_ca"] == 1
    assert client_context(Tls(tmp_path, verify=False)).cert_store_stats()["x509_ca"] == 0


def test_a_server_hears_why_it_is_not_spoken_to(certificates: Path, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_bytes((certificates / "other.pem").read_bytes())
    context, heard = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), list[str]()
    context.load_cert_chain(certificates / "server" / "cert.pem", certificates / "server" / "key.pem")

    def serve(accepted: socket.socket) -> None:
        try:
            context.wrap_socket(accepted, server_side=True)
        except ssl.SSLError as error:
            heard.append(error.reason)

    ours, theirs = socket.socketpair()
    thread = threading.Thread(target=serve, args=(theirs,))
    thread.start()
    with ours, theirs:
        with pytest.raises(ssl.SSLCertVerificationError):
            TlsSocket(ours, client_context(Tls(tmp_path)), "127.0.0.1").shake_hands()
        ours.shutdown(socket.SHUT_WR)
        thread.join(10)
    assert heard == ["TLSV1_ALERT_UNKNOWN_CA"]


def test_a_server_that_goes_without_a_word_has_said_all(certificates: Path) -> None:
    """A daemon that is killed says no close_notify; whoever waited for one would turn in a circle."""
    with served(certificates, lambda secured: secured.sendall(b"all")) as address:
        end = dial(address)
        assert isinstance(end, TlsSocket)
        assert (end.recv(10), end.recv(10), end.recv(10)) == (b"all", b"", b"")
        end.close()


def test_what_waits_here_is_known_although_no_selector_sees_it(certificates: Path) -> None:
    go = threading.Event()

    def serve(secured: ssl.SSLSocket) -> None:
        secured.sendall(b"ab")
        waited(go)

    with served(certificates, serve) as address:
        end = dial(address)
        assert isinstance(end, TlsSocket)
        assert [(end.recv(1), end.has_pending) for _ in "ab"] == [(b"a", True), (b"b", False)]
        go.set()
        end.close()


def test_a_connection_that_is_ended_in_both_directions_waits_for_nobody(certificates: Path) -> None:
    go = threading.Event()

    with served(certificates, lambda _: waited(go)) as address:
        end = dial(address)
        assert isinstance(end, TlsSocket)
        end.settimeout(5)
        end.shutdown(socket.SHUT_RDWR)
        assert end.recv(1) == b""
        go.set()
        end.close()
