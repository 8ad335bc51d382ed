"""A daemon that serves a whole module of tests, with an image called busybox. Import the fixtures in a conftest."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest

from tests.support.api_client import IMAGE, Api, ok
from tests.support.busybox_image import rootfs_tar
from tests.support.daemon import Daemon, running_daemon


def load_image(api: Api) -> None:
    """Make the image that tests run."""
    ok(api.post("/images/create", rootfs_tar(), fromSrc="-", repo=IMAGE, changes="ENV PATH=/bin"))


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    folder = tmp_path_factory.mktemp("d")
    with running_daemon(folder) as started:
        api = Api(os.fspath(started.socket))
        load_image(api)
        # The bridge is made for the first container on it, and kept: no test shall be blamed for it.
        api.output("true", host={"NetworkMode": "bridge"})
        yield started
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def api(daemon: Daemon) -> Api:
    return Api(os.fspath(daemon.socket))


@pytest.fixture
def tidy(api: Api) -> Iterator[None]:
    """Remove the containers that a test leaves."""
    yield
    for container in api.get("/containers/json", all=1).json:
        api.remove(container["Id"])
