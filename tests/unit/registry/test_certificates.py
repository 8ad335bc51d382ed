"""Certificates per registry, in real handshakes."""

from __future__ import annotations

import asyncio
import os
import shutil
import ssl
from pathlib import Path

import pytest

from jupyter_containers.registry.certificates import Certificates, SpoiltCertificates
from jupyter_containers.registry.endpoints import EndpointRules
from jupyter_containers.registry.failures import RegistryUnreachable
from jupyter_containers.registry.transport import Request, Transport, new_session
from tests.support.certificates import make_certificates
from tests.support.registry_client import IMPATIENT
from tests.support.registry_server import RegistryServer

HOST = "reg.example:5000"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificates(tmp_path_factory.mktemp("made") / "x")


def server(made: Path, *, asks_clients: bool = False) -> RegistryServer:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made / "server" / "cert.pem", made / "server" / "key.pem")
    if asks_clients:
        context.load_verify_locations(made / "ca.pem")
        context.verify_mode = ssl.CERT_REQUIRED
    return RegistryServer(tls=context)


def ask(address: str, folder: Path, *, verify: bool = True) -> int:
    async def run() -> int:
        async with new_session() as session:
            transport = Transport(session, EndpointRules(), IMPATIENT, Certificates((folder,)))
            request = Request("GET", f"https://{address}/v2/", verify_tls=verify)
            return (await transport.read(request, limit=1000, attempts=1)).status

    return asyncio.run(run())


def place(folder: Path, address: str, made: Path, *names: str) -> Path:
    host = folder / address
    host.mkdir(parents=True, exist_ok=True)
    sources = {"ca.crt": "ca.pem", "client.cert": "client/cert.pem", "client.key": "client/key.pem"}
    for name in names:
        shutil.copy(made / sources[name], host / name)
    return host


def test_an_authority_for_one_registry_is_believed_there_only(tmp_path: Path, made: Path) -> None:
    with server(made) as one, server(made) as other:
        place(tmp_path, one.address, made, "ca.crt")
        assert ask(one.address, tmp_path) == 200
        with pytest.raises(RegistryUnreachable, match="failed to verify certificate"):
            ask(other.address, tmp_path)
        place(tmp_path, other.address, made, "ca.crt")
        assert ask(other.address, tmp_path) == 200


def test_a_certificate_of_our_own_is_shown(tmp_path: Path, made: Path) -> None:
    with server(made, asks_clients=True) as registry:
        place(tmp_path, registry.address, made, "ca.crt")
        with pytest.raises(RegistryUnreachable):
            ask(registry.address, tmp_path)
        place(tmp_path, registry.address, made, "client.cert", "client.key")
        assert ask(registry.address, tmp_path) == 200
        (tmp_path / registry.address / "ca.crt").unlink()
        assert ask(registry.address, tmp_path, verify=False) == 200


def test_contexts_are_made_once_and_again_when_files_change(tmp_path: Path, made: Path) -> None:
    certificates = Certificates((tmp_path,))
    everywhere = certificates.context("other.example", verify=True)
    assert certificates.context(HOST, verify=True) is everywhere
    assert certificates.context(HOST, verify=False) is False
    place(tmp_path, HOST, made, "ca.crt")
    own = certificates.context(HOST, verify=True)
    assert own is not everywhere
    assert certificates.context(f"user@{HOST}", verify=True) is own
    assert isinstance(own, ssl.SSLContext)
    assert "ca" in [value for one in own.get_ca_certs() for ((_, value),) in one["subject"]]


def test_files_that_cannot_be_used_are_named(tmp_path: Path, made: Path) -> None:
    host = place(tmp_path, HOST, made, "client.cert")
    with pytest.raises(SpoiltCertificates, match=r"missing key client\.key"):
        Certificates((tmp_path,)).context(HOST, verify=True)
    (host / "client.cert").unlink()
    (host / "ca.crt").write_text("no certificate")
    with pytest.raises(SpoiltCertificates, match=r"ca\.crt"):
        Certificates((tmp_path,)).context(HOST, verify=True)


@pytest.mark.parametrize("netloc", ["", "..", ".", "../..", "a/b", "me@", "me@..", "me@a/b"])
def test_a_host_is_never_a_way_out_of_the_folder(tmp_path: Path, netloc: str) -> None:
    folder = tmp_path / "one" / "two"
    (folder / "a" / "b").mkdir(parents=True)
    for place in (tmp_path, tmp_path / "one", folder, folder / "a" / "b"):
        (place / "x.crt").write_text("no certificate")
    assert Certificates((folder,)).context(netloc, verify=False) is False


def test_a_host_that_no_folder_can_be_called_and_one_that_is_not_for_us_have_no_files(tmp_path: Path) -> None:
    certificates = Certificates([tmp_path / "certs.d", tmp_path / "shut"])
    (tmp_path / "certs.d").mkdir()
    (tmp_path / "shut" / "r.example.org").mkdir(parents=True)
    assert certificates.context("a" * 300, verify=False) is False
    (tmp_path / "shut").chmod(0)
    nobody = os.geteuid() or 65534
    try:
        os.seteuid(nobody)
        assert certificates.context("r.example.org", verify=False) is False
    finally:
        os.seteuid(os.getuid())
        (tmp_path / "shut").chmod(0o700)
