"""The composition: what one daemon leaves, the next one finds; and who stands on what is known to who owns it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.api_client import IMAGE, Api
from tests.support.daemon import Daemon
from tests.support.standing_daemon import load_image

pytestmark = pytest.mark.needs("root", "overlay")

# What only few daemons are ever asked for, and which libraries come with it.
FOR_FEW = (
    "jupyter_containers.bootstrap", "jupyter_containers.registry.server", "asyncssh", "bcrypt", "cryptography",
    "dulwich", "pysequoia",
)  # fmt: skip
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


def test_a_daemon_at_rest_has_not_loaded_what_few_ask_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The interpreter writes each module that it loads into the daemon's log.
    monkeypatch.setenv("PYTHONPROFILEIMPORTTIME", "1")
    daemon = Daemon(tmp_path)

    def loaded() -> set[str]:
        return {line.rpartition("|")[2].strip() for line in daemon.log.splitlines() if line.startswith("import time:")}

    def for_few() -> set[str]:
        return {name for name in loaded() if name.startswith(FOR_FEW)}

    daemon.start()
    daemon.stop()
    assert "jupyter_containers.engine.builds" in loaded()
    assert not for_few()
    daemon.start()
    api = Api(os.fspath(daemon.socket))
    assert api.post("/registry", {"listen": "127.0.0.1:0"}).status == 200
    assert api.post("/images/bootstrap", image="alpine:3").status == 501
    daemon.stop()
    assert {"jupyter_containers.registry.server.folder", "jupyter_containers.bootstrap.origins"} <= for_few()
