"""The docker CLI against a daemon: ours, or the reference when COMPAT_HOST names its socket.

COMPAT_HOST=unix:///path/to/docker.sock pytest tests/compat      proves the tests
pytest tests/compat                                              proves us
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest

from tests.support.api_client import Api
from tests.support.busybox_image import rootfs_tar
from tests.support.daemon import Daemon, Docker, running_daemon
from tests.support.docker_py import client, make, name

__all__ = ["client", "make", "name"]

IMAGE = "busybox"


@pytest.fixture(scope="session")
def our_daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon | None]:
    """Our daemon, or None while the reference is tested."""
    if os.environ.get("COMPAT_HOST"):
        yield None
        return
    folder = tmp_path_factory.mktemp("d")
    with running_daemon(folder) as daemon:
        yield daemon
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def docker(our_daemon: Daemon | None) -> Iterator[Docker]:
    """The docker CLI with an image called busybox."""
    if shutil.which("docker") is None:
        pytest.skip("the docker CLI is not installed (package docker.io)")
    docker = Docker(our_daemon.host if our_daemon else os.environ["COMPAT_HOST"])
    changes = [word for line in ('CMD ["sh"]', "ENV PATH=/bin") for word in ("-c", line)]
    docker("import", *changes, "-", IMAGE, stdin=rootfs_tar())
    yield docker


@pytest.fixture(autouse=True)
def nothing_left(docker: Docker) -> Iterator[None]:
    """Each test leaves the containers and volumes as it found them. The reference may have other users meanwhile."""
    if os.environ.get("COMPAT_HOST"):
        yield
        return
    # Not by the CLI: four processes for each of a thousand tests take a minute.
    api = Api(docker.host.removeprefix("unix://"))
    before = containers(api), volumes(api)
    yield
    if left := containers(api) - before[0]:
        docker("rm", "-fv", *sorted(left))
    assert (containers(api), volumes(api)) == before


def containers(api: Api) -> set[str]:
    return {container["Id"] for container in api.get("/containers/json", all=1).json}


def volumes(api: Api) -> set[str]:
    return {volume["Name"] for volume in api.get("/volumes").json["Volumes"]}
