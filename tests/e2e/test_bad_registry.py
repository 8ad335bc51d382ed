"""Registries that lie, stall, break and vanish: the pull fails with a sentence, and nothing of it is left."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support import tiny_image
from tests.support.daemon import Daemon, Docker
from tests.support.registry_server import Fault, RegistryServer
from tests.support.traces import leaves_nothing, traces


@pytest.fixture
def docker(standing: Daemon) -> Docker:
    return Docker(standing.host)


@pytest.fixture
def registry() -> Iterator[RegistryServer]:
    with RegistryServer() as server:
        yield server


def app() -> tiny_image.TinyImage:
    return tiny_image.image(tiny_image.layer({"large": bytes(200_000)}, compression="none"))


@pytest.mark.usefixtures("unharmed")
@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (Fault("manifests", 99, status=404), "manifest unknown"),
        (Fault("manifests", 99, status=403), "denied"),
        (Fault("manifests", 99, status=500), "as the test ordered"),
        (Fault("manifests", 99, body=b"not json"), ""),
        (Fault("manifests", 99, corrupt=True), ""),
        (Fault("blobs", 99, status=404), "unknown blob"),
        (Fault("blobs", 99, corrupt=True), "erification failed"),
    ],
    ids=["no manifest", "forbidden", "broken", "not json", "wrong manifest", "no blob", "wrong digest"],
)
def test_a_registry_that_does_not_do_its_part(
    docker: Docker, registry: RegistryServer, fault: Fault, text: str
) -> None:
    registry.add_image("team/app", "1", app())
    registry.faults.append(fault)
    done = docker("pull", f"{registry.address}/team/app:1", code=1)
    assert text in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.strip()


@pytest.mark.usefixtures("unharmed")
def test_an_image_that_the_registry_does_not_have(docker: Docker, registry: RegistryServer) -> None:
    registry.add_image("team/app", "1", app())
    assert "manifest unknown" in docker("pull", f"{registry.address}/team/app:2", code=1).stderr
    assert f"{registry.address}/team/other" in docker("pull", f"{registry.address}/team/other:1", code=1).stderr


@pytest.mark.usefixtures("unharmed")
def test_a_registry_that_is_not_there(docker: Docker) -> None:
    done = docker("pull", "127.0.0.1:1/team/app:1", code=1)
    assert "127.0.0.1:1" in done.stderr
    assert "refused" in done.stderr


def test_a_registry_that_goes_half_way_through(standing: Daemon, docker: Docker) -> None:
    before = traces(standing)
    with RegistryServer() as registry:
        registry.add_image("team/app", "1", app())
        registry.faults.append(Fault("blobs", 99, stall_after=50_000))
        name = f"{registry.address}/team/app:1"
        pull = docker.open("pull", name)
        assert registry.stalled.wait(20)
    _, told = pull.communicate(timeout=60)
    assert pull.returncode == 1
    assert name.partition("/")[0] in told.decode()
    leaves_nothing(standing, before, but=("content/ingest/", "content/blobs/"))


@pytest.mark.usefixtures("unharmed")
def test_a_layer_that_is_no_layer(docker: Docker, registry: RegistryServer) -> None:
    junk = tiny_image.layer({"a": b"a"})
    broken = tiny_image.TinyLayer(b"this is no tar" * 100, junk.diff_id, junk.media_type)
    registry.add_image("team/app", "1", tiny_image.image(broken))
    done = docker("pull", f"{registry.address}/team/app:1", code=1)
    assert "layer" in done.stderr


@pytest.mark.usefixtures("unharmed")
def test_a_layer_with_another_content_than_the_image_promised(docker: Docker, registry: RegistryServer) -> None:
    real = tiny_image.layer({"a": b"a"})
    other = tiny_image.layer({"a": b"b"})
    registry.add_image("team/app", "1", tiny_image.image(real, diff_ids=[other.diff_id]))
    done = docker("pull", f"{registry.address}/team/app:1", code=1)
    assert str(other.diff_id)[:20] in done.stderr
