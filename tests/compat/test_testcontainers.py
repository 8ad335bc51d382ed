"""Testcontainers: throw-away containers of a test suite, on a network of their own, without the reaper's image."""

from __future__ import annotations

import pytest

from tests.support.daemon import Docker
from tests.support.eventually import eventually

testcontainers = pytest.importorskip("testcontainers.core.container")


@pytest.fixture(autouse=True)
def site(docker: Docker, monkeypatch: pytest.MonkeyPatch) -> None:
    from testcontainers.core.config import testcontainers_config

    monkeypatch.setenv("DOCKER_HOST", docker.host)
    # The reaper is an image of its own, and this test has no registry.
    monkeypatch.setattr(testcontainers_config, "ryuk_disabled", True)


def test_two_containers_on_a_network_and_nothing_afterwards(docker: Docker) -> None:
    from testcontainers.core.container import DockerContainer
    from testcontainers.core.network import Network

    serve = "mkdir -p /www; echo hello >/www/index.html; echo ready; exec httpd -f -p 80 -h /www"
    with Network() as network:
        web = DockerContainer("busybox", stop_signal="SIGKILL").with_command(["sh", "-c", serve])
        web.with_exposed_ports(80).with_network(network).with_network_aliases("web").with_env("ROLE", "web")
        with web, DockerContainer("busybox").with_command("sleep 600").with_network(network) as other:
            eventually(lambda: web.get_logs()[0] == b"ready\n")
            assert int(web.get_exposed_port(80)) > 0
            assert web.exec(["sh", "-c", "echo $ROLE"]) == (0, b"web\n")
            assert other.exec(["wget", "-qO-", "http://web/"]) == (0, b"hello\n")
            assert other.exec(["wget", "-qO-", "http://nobody/"]).exit_code == 1
            names = docker("ps", "--format", "{{.Names}}", "--filter", f"network={network.name}").stdout.split()
            assert len(names) == 2
    assert docker("ps", "-aq", "--filter", "label=org.testcontainers").stdout == ""
    assert docker("network", "ls", "-q", "--filter", f"name={network.name}").stdout == ""
