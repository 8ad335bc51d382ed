"""TLS on a real connection: who is let in, and halves that close on their own."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from jupyter_containers.api.tls import TlsFiles, TlsTransport, tls_context
from jupyter_containers.errors import InvalidParameter
from tests.support.certificates import make_certificates


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificates(tmp_path_factory.mktemp("c"))


def files(folder: Path) -> TlsFiles:
    return TlsFiles(folder / "ca.pem", folder / "cert.pem", folder / "key.pem")


class Server(asyncio.Protocol):
    """Collects what the client sends; with its end answers the number of bytes, and then ends its own half."""

    def __init__(self) -> None:
        self.content = b""
        self.has_ended = False
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.is_slow = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, TlsTransport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.content += data
        if self.is_slow:
            self.transport.pause_reading()
            asyncio.get_running_loop().call_later(0.001, self.transport.resume_reading)

    def eof_received(self) -> bool:
        self.has_ended = True
        self.transport.write(b"%d bytes;" % len(self.content))
        # Later, as a process answers that has read to the end.
        asyncio.get_running_loop().call_later(0.05, self._finish)
        return True

    def _finish(self) -> None:
        self.transport.write(b"x" * 1_000_000)
        self.transport.write_eof()

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost.set_result(None)


class Client:
    """A client whose records are made by hand: Python's own sockets of TLS cannot end one half."""

    def __init__(self, folder: Path, port: int) -> None:
        context = ssl.create_default_context(cafile=folder / "ca.pem")
        context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname="localhost")
        self.port = port

    async def connect(self) -> None:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        await self._do(self.tls.do_handshake)

    async def _do(self, act: Callable[[], object]) -> object:
        while True:
            try:
                done = act()
                self.flush()
                return done
            except ssl.SSLWantReadError:
                self.flush()
                received = await self.reader.read(65536)
                if not received:
                    self.incoming.write_eof()
                self.incoming.write(received)

    def flush(self) -> None:
        self.writer.write(self.outgoing.read())

    def send(self, content: bytes) -> None:
        self.tls.write(content)
        self.flush()

    def end(self) -> None:
        with pytest.raises(ssl.SSLWantReadError):
            self.tls.unwrap()
        self.flush()

    async def read_all(self) -> bytes:
        content = b""
        while True:
            try:
                piece = await self._do(lambda: self.tls.read(65536))
            except ssl.SSLZeroReturnError:
                return content
            assert isinstance(piece, bytes)
            if not piece:
                return content
            content += piece


def run(certificates: Path, test: Callable[[int, list[Server]], Awaitable[None]]) -> None:
    """Run `test` with the port of a server, and the list of its connections."""
    context = tls_context(files(certificates / "server"))
    served: list[Server] = []

    def make() -> asyncio.Protocol:
        served.append(Server())
        return served[-1]

    async def whole() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: TlsTransport(context, make), "127.0.0.1", 0)
        async with asyncio.timeout(20), server:
            await test(server.sockets[0].getsockname()[1], served)

    asyncio.run(whole())


def test_the_client_ends_its_half_and_still_reads_the_answer(certificates: Path) -> None:
    async def test(port: int, served: list[Server]) -> None:
        client = Client(certificates / "client", port)
        await client.connect()
        client.send(b"a" * 300_000)
        client.end()
        assert await client.read_all() == b"300000 bytes;" + b"x" * 1_000_000
        client.writer.close()
        await served[0].lost
        assert served[0].has_ended

    run(certificates, test)


def test_a_slow_protocol_gets_all_and_the_end_after_it(certificates: Path) -> None:
    async def test(port: int, served: list[Server]) -> None:
        client = Client(certificates / "client", port)
        await client.connect()
        client.send(b"a")
        while not served:
            await asyncio.sleep(0)
        served[0].is_slow = True
        client.send(b"b" * 500_000)
        client.end()
        assert (await client.read_all()).startswith(b"500001 bytes;")
        client.writer.close()

    run(certificates, test)


def test_a_client_that_goes_away_is_noticed_also_behind_its_end(certificates: Path) -> None:
    async def test(port: int, served: list[Server]) -> None:
        client = Client(certificates / "client", port)
        await client.connect()
        client.end()
        client.writer.close()
        while not served:
            await asyncio.sleep(0)
        await asyncio.wait_for(served[0].lost, 2)

    run(certificates, test)


def test_a_stranger_and_one_without_a_certificate_are_not_let_in(certificates: Path) -> None:
    async def test(port: int, served: list[Server]) -> None:
        client = Client(certificates / "stranger", port)
        (certificates / "stranger" / "ca.pem").write_bytes((certificates / "ca.pem").read_bytes())
        # With TLS 1.3 a client learns of it when it first reads.
        with pytest.raises(ssl.SSLError, match="UNKNOWN_CA"):
            await client.connect()
            await client.read_all()
        client.writer.close()
        assert not served

    run(certificates, test)


def test_who_speaks_no_tls_is_told_so(certificates: Path) -> None:
    async def test(port: int, served: list[Server]) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /_ping HTTP/1.1\r\nHost: d\r\n\r\n")
        assert (await reader.read()).startswith(b"HTTP/1.0 400 Bad Request\r\n")
        writer.close()
        assert not served

    run(certificates, test)


def test_a_handshake_that_does_not_come_is_not_waited_for(certificates: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jupyter_containers.api.tls.HANDSHAKE_SECONDS", 0.05)

    async def test(port: int, served: list[Server]) -> None:
        with socket.create_connection(("127.0.0.1", port)) as silent:
            silent.setblocking(False)
            assert await asyncio.get_running_loop().sock_recv(silent, 1) == b""
        assert not served

    run(certificates, test)


def test_files_that_are_no_good_are_named(certificates: Path, tmp_path: Path) -> None:
    good, text = files(certificates / "server"), tmp_path / "text"
    text.write_text("not PEM")
    for wrong, words in (
        (TlsFiles(tmp_path / "none", good.certificate, good.key), f"--tlscacert {tmp_path}/none: No such file"),
        (TlsFiles(text, good.certificate, good.key), f"--tlscacert {text}: no certificate or crl found"),
        (TlsFiles(good.authority, good.certificate, certificates / "client" / "key.pem"), "key values mismatch"),
        (TlsFiles(good.authority, good.certificate, text), f"--tlskey {text}: "),
    ):
        with pytest.raises(InvalidParameter, match="cannot use") as caught:
            tls_context(wrong)
        assert words in caught.value.message
