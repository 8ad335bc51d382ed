"""The composition: what one daemon leaves, the next one finds; and who stands on what is known to who owns it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.api_client import IMAGE, Api
from tests.support.daemon import Daemon
from tests.support.standing_daemon import load_image

pytestmark = pytest.mark.needs("root", "overlay")

HIERARCHIES = Path("/sys/fs/cgroup")


def test_images_volumes_and_identity_outlive_the_daemon(tmp_path: Path) -> None:
    daemon = Daemon(tmp_path)
    daemon.start()
    api = Api(os.fspath(daemon.socket))
    load_image(api)
    api.post("/volumes/create", {"Name": "notes"})
    container = api.create("true", host={"Binds": ["notes:/n"]})
    identity = api.get("/info").json["ID"]
    (daemon.data / "content" / "blobs" / "sha256" / ("0" * 64)).write_bytes(b"what a crash left")
    (daemon.data / "tmp" / "context-left").mkdir()
    daemon.kill()
    daemon.start()
    assert api.get("/info").json["ID"] == identity
    assert api.get(f"/images/{IMAGE}/json").status == 200
    assert not (daemon.data / "content" / "blobs" / "sha256" / ("0" * 64)).exists()
    assert not (daemon.data / "tmp" / "context-left").exists()
    assert api.delete("/volumes/notes").status == 409, "the container's use is known again"
    assert api.delete(f"/images/{IMAGE}").status == 409
    api.remove(container)
    assert api.delete("/volumes/notes").status == 204
    daemon.stop()


def test_the_last_daemon_takes_the_parent_of_the_cgroups_along(tmp_path: Path) -> None:
    daemon = Daemon(tmp_path)
    daemon.start()
    api = Api(os.fspath(daemon.socket))
    load_image(api)
    container = api.run("sleep", "1000")
    mine = f"jupyter-containers/{container}"
    assert any(path.is_dir() for path in HIERARCHIES.glob(f"*/{mine}")) or (HIERARCHIES / mine).is_dir()
    api.remove(container)
    daemon.stop()
    groups = [*HIERARCHIES.glob("*/jupyter-containers"), *HIERARCHIES.glob("jupyter-containers")]
    # Another daemon on this machine may have containers, or have begun to.
    assert not any(path.name == container for group in groups for path in group.iterdir())
