"""A daemon on TCP: the docker CLI and docker-py with certificates and without, strangers, web pages, passed sockets."""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import docker.tls
import pytest

from tests.support.api_client import Api
from tests.support.certificates import make_certificates
from tests.support.daemon import Daemon, Docker, running_daemon
from tests.support.eventually import eventually
from tests.support.standing_daemon import load_image

FILES = (("cacert", "ca.pem"), ("cert", "cert.pem"), ("key", "key.pem"))


class SecuredDocker(Docker):
    """The docker CLI with certificates of one of the owners."""

    def __init__(self, host: str, folder: Path) -> None:
        super().__init__(host)
        self.folder = folder

    def command(self, *words: str) -> list[str]:
        files = [
            f"--tls{flag}={self.folder}/{name}.pem"
            for flag, name in (("cacert", "ca"), ("cert", "cert"), ("key", "key"))
        ]
        return ["docker", "-H", self.host, "--tlsverify", *files, *words]


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificates(tmp_path_factory.mktemp("c"))


def started(folder: Path, *flags: str) -> Iterator[Daemon]:
    with running_daemon(folder, "-H", f"unix://{folder}/run/daemon.sock", "-H", "tcp://127.0.0.1:0", *flags) as daemon:
        api = Api(os.fspath(daemon.socket))
        load_image(api)
        # The bridge is made for the first container on it, and kept: no test shall be blamed for it.
        api.output("true", host={"NetworkMode": "bridge"})
        yield daemon
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory, certificates: Path) -> Iterator[Daemon]:
    files = [f"--tls{flag}={certificates / 'server' / name}" for flag, name in FILES]
    yield from started(tmp_path_factory.mktemp("s"), "--tlsverify", *files)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    yield from started(tmp_path_factory.mktemp("p"), "--insecure-tcp")


@pytest.fixture(params=["tls", "tcp"])
def cli(request: pytest.FixtureRequest, plain: Daemon, secured: Daemon, certificates: Path) -> Docker:
    if request.param == "tcp":
        return Docker(plain.tcp_address)
    return SecuredDocker(secured.tcp_address, certificates / "client")


def test_input_ends_and_output_goes_on(cli: Docker) -> None:
    assert cli(
        "run", "--rm", "-i", "busybox", "sh", "-c", "wc -c; usleep 200000; echo after", stdin=b"x" * 300_000
    ).stdout == ("300000\nafter\n")
    assert cli("run", "--rm", "-i", "busybox", "cat", stdin=b"").stdout == ""
    assert cli("run", "--rm", "busybox", "sh", "-c", "exit 9", code=9).stdout == ""


def test_much_goes_both_ways_and_an_exec_too(cli: Docker) -> None:
    content = "0123456789abcde\n" * 200_000
    assert cli("run", "--rm", "-i", "busybox", "cat", stdin=content).stdout == content
    cli("run", "-d", "--name", "lives", "busybox", "sleep", "600")
    assert cli("exec", "-i", "lives", "sh", "-c", "cat; echo done >&2", stdin="in").stdout == "in"
    assert cli("logs", "lives").stdout == ""
    cli("rm", "-f", "lives")


def test_docker_py_takes_its_streams_over_tls(
    secured: Daemon, certificates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        # requests prefers them to what docker-py was given.
        monkeypatch.delenv(name, raising=False)
    folder = certificates / "client"
    tls = docker.tls.TLSConfig(
        client_cert=(str(folder / "cert.pem"), str(folder / "key.pem")), ca_cert=str(folder / "ca.pem"), verify=True
    )
    client = docker.DockerClient(base_url=secured.tcp_address.replace("tcp:", "https:"), tls=tls)
    try:
        assert client.containers.run("busybox", ["echo", "hello"], remove=True) == b"hello\n"
        container = client.containers.run("busybox", ["sleep", "600"], detach=True)
        assert container.exec_run(["sh", "-c", "echo out; echo err >&2"], demux=True) == (0, (b"out\n", b"err\n"))
        container.remove(force=True)
    finally:
        client.close()


def test_strangers_are_not_let_in(secured: Daemon, certificates: Path) -> None:
    said = SecuredDocker(secured.tcp_address, certificates / "stranger")("version", code=1).stderr
    assert "tls" in said
    said = Docker(secured.tcp_address)("version", code=1).stderr
    assert "this port speaks TLS" in said
    port = int(secured.tcp_address.rpartition(":")[2])
    context = ssl.create_default_context(cafile=certificates / "ca.pem")
    nobody = context.wrap_socket(socket.create_connection(("127.0.0.1", port)), server_hostname="localhost")
    # With TLS 1.3 a client without a certificate hears of it when it first reads.
    with nobody, pytest.raises(ssl.SSLError):
        nobody.recv(1)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificates / "client" / "cert.pem", certificates / "client" / "key.pem")
    with context.wrap_socket(socket.create_connection(("127.0.0.1", port)), server_hostname="localhost") as old:
        assert old.version() == "TLSv1.2"
    assert "level=error" not in secured.log


@pytest.mark.parametrize(
    "headers",
    [{"Host": "evil.example"}, {"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}],
    ids=["rebound name", "other origin", "other site"],
)
def test_web_pages_get_nothing(plain: Daemon, headers: dict[str, str]) -> None:
    port = int(plain.tcp_address.rpartition(":")[2])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("POST", "/containers/prune", headers=headers)
        answer = connection.getresponse()
        assert (answer.status, b"web page" in answer.read()) == (403, True)
        connection.request("GET", "/_ping")
        assert connection.getresponse().read() == b"OK"
    finally:
        connection.close()


def test_an_open_port_is_warned_of(plain: Daemon, secured: Daemon) -> None:
    assert "without encryption" in Docker(plain.host)("info").stderr
    assert 'level=warning room=daemon.main msg="WARNING: API is accessible on' in plain.log
    assert "without encryption" not in Docker(secured.host)("info").stderr


def test_vanished_clients_of_tls_leave_nothing(secured: Daemon, certificates: Path) -> None:
    api, client = Api(os.fspath(secured.socket)), SecuredDocker(secured.tcp_address, certificates / "client")
    container = api.run("sleep", "600", OpenStdin=True)
    port = int(secured.tcp_address.rpartition(":")[2])
    listening = [client.open(*words) for words in (("logs", "-f", container), ("attach", container), ("events",))]
    eventually(lambda: connections(port) >= len(listening))
    for process in listening:
        process.kill()
        process.communicate()
    eventually(lambda: connections(port) == 0)
    api.remove(container)


def connections(port: int) -> int:
    """Return how many connections the daemon holds on a port: those that are established, or closed only over there."""
    with open("/proc/net/tcp", encoding="ascii") as file:
        lines = [line.split() for line in file.readlines()[1:]]
    return sum(line[1].endswith(f":{port:04X}") and line[3] in ("01", "08") for line in lines)


def test_sockets_of_a_service_manager_are_served(tmp_path: Path) -> None:
    """The shell does what systemd does for a socket unit: the third descriptor is a bound socket."""
    path = tmp_path / "passed.sock"
    with socket.socket(socket.AF_UNIX) as passed:
        passed.bind(os.fspath(path))
        passed.listen()
        script = 'exec 3<&0 </dev/null; export LISTEN_FDS=1 LISTEN_PID=$$; exec "$@"'
        words = [sys.executable, "-m", "jupyter_containers", "daemon", "-H", "fd://"]
        roots = ["--data-root", f"{tmp_path}/data", "--exec-root", f"{tmp_path}/run"]
        daemon = subprocess.Popen(["sh", "-c", script, "sh", *words, *roots], stdin=passed.fileno())
        try:
            assert Api(os.fspath(path)).get("/_ping").content == b"OK"
        finally:
            daemon.terminate()
            assert daemon.wait(20) == 0
        assert path.exists(), "it is its maker's to remove"
