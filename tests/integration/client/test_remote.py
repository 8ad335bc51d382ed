"""The client on every way to a daemon: unix, TCP, TLS with certificates, ssh, a docker context."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from jupyter_containers.client import Client, connect
from jupyter_containers.client.addresses import Address, Tls
from jupyter_containers.client.run_settings import ExecSettings, RunSettings
from jupyter_containers.errors import Unavailable
from tests.support.api_client import Api
from tests.support.certificates import make_certificates
from tests.support.daemon import running_daemon
from tests.support.docker_contexts import write_context
from tests.support.stand_in_ssh import stand_in_ssh
from tests.support.standing_daemon import load_image

pytestmark = pytest.mark.needs("root", "overlay")


@dataclass(frozen=True)
class Site:
    """Two daemons: one with TLS, one with an open port on loopback; both have a unix socket as well."""

    certificates: Path
    tls: str
    tcp: str
    unix: str


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("r")
    certificates = make_certificates(folder / "c")
    server = certificates / "server"
    files = ("--tlscacert", server / "ca.pem", "--tlscert", server / "cert.pem", "--tlskey", server / "key.pem")
    hosts = [("-H", f"unix://{folder / name}/run/daemon.sock", "-H", "tcp://127.0.0.1:0") for name in ("a", "b")]
    with (
        running_daemon(folder / "a", *hosts[0], "--tlsverify", *map(str, files)) as secured,
        running_daemon(folder / "b", *hosts[1], "--insecure-tcp") as plain,
    ):
        for daemon in (secured, plain):
            api = Api(os.fspath(daemon.socket))
            load_image(api)
            # The bridge is made for the first container on it, and kept: no test shall be blamed for it.
            api.output("true", host={"NetworkMode": "bridge"})
        yield Site(certificates, secured.tcp_address, plain.tcp_address, secured.host)
    shutil.rmtree(folder)


@pytest.fixture(params=["unix", "tcp", "tls", "ssh", "context"])
def client(
    request: pytest.FixtureRequest, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Client]:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    host = {"unix": site.unix, "tcp": site.tcp, "tls": site.tls, "ssh": "ssh://me@there", "context": "lab"}[
        request.param
    ]
    if request.param == "tls":
        monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
        monkeypatch.setenv("DOCKER_CERT_PATH", str(site.certificates / "client"))
    if request.param == "ssh":
        if shutil.which("docker") is None:
            pytest.skip("the docker CLI is not installed (package docker.io)")
        # What the other side would do, here: its docker reaches the daemon.
        stand_in_ssh(tmp_path, monkeypatch, f'exec env DOCKER_HOST={site.unix} "$@"')
    if request.param == "context":
        shutil.copytree(
            site.certificates / "client", write_context(tmp_path, "lab", site.tls, with_tls=True), dirs_exist_ok=True
        )
    with connect(host) as client:
        yield client


def test_a_run_with_input_that_ends(client: Client) -> None:
    content, kept = os.urandom(2_000_000), bytearray()
    settings = RunSettings("busybox", ("sh", "-c", "cat; exit 7"), auto_remove=True, stdin=True)
    outcome = client.runs.run(settings, lambda _, piece: kept.extend(piece), stdin=content)
    assert (outcome.exit_code, bytes(kept) == content) == (7, True)


def test_an_exec_with_input_and_requests_beside_it(client: Client) -> None:
    id_ = client.containers.create(RunSettings("busybox", ("sleep", "600"), init=True))
    try:
        client.containers.start(id_)
        kept = bytearray()
        outcome = client.runs.run_exec(
            id_, ExecSettings(("wc", "-c"), stdin=True), lambda _, piece: kept.extend(piece), stdin=b"12345"
        )
        assert (outcome.exit_code, kept.strip()) == (0, b"5")
        assert [container.id for container in client.containers.list()] == [id_]
    finally:
        client.containers.remove(id_, force=True)
    assert client.containers.list(every=True) == []


def resolvers_words(host: str) -> str:
    """Return what this host's resolver says of a name, which depends on whether it reaches a server."""
    with pytest.raises(socket.gaierror) as caught:
        socket.getaddrinfo(host, 1)
    return str(caught.value.strerror)


def test_what_does_not_fit_is_told_in_one_line(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    for host, tls, words in (
        (site.tls, None, "this port speaks TLS"),
        (site.tls, Tls(site.certificates / "stranger"), "it does not accept our certificate"),
        (site.tls, Tls(tmp_path), "its certificate is not trusted"),
        (site.tcp, Tls(site.certificates / "client"), "it does not speak TLS; unset DOCKER_TLS_VERIFY"),
        ("tcp://127.0.0.1:1", None, "Connection refused; is it running?"),
        ("tcp://no-such-host.invalid:1", None, resolvers_words("no-such-host.invalid")),
    ):
        with Client(Address.parse(host, tls)) as client, pytest.raises(Exception) as caught:
            client.system.ping()
        assert words in str(caught.value), (host, tls)
        assert "\n" not in str(caught.value)
    stand_in_ssh(tmp_path, monkeypatch, "echo 'Host key verification failed.' >&2; exit 255")
    with pytest.raises(Unavailable, match=r"ssh://me@there: ssh: Host key verification failed\."):
        connect("ssh://me@there")
