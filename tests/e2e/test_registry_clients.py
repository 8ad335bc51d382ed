"""podman, skopeo and docker with our registry: a folder of its own, and the one inside the daemon over its images."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import bcrypt
import pytest

from jupyter_containers.client import Client
from jupyter_containers.client.addresses import Address
from tests.support import tiny_image
from tests.support.api_client import Api
from tests.support.daemon import Docker, running_daemon
from tests.support.docker_archive import docker_archive
from tests.support.own_registry import own_registry

IMAGE = tiny_image.image(
    tiny_image.layer({"one": b"1" * 50_000}, compression="none"), tiny_image.layer({"two": b"2"}, compression="none")
)
PLAIN = ("--tls-verify=false",)


class Podman:
    """podman with a store of its own, that copies files instead of mounting anything."""

    def __init__(self, folder: Path) -> None:
        if shutil.which("podman") is None:
            pytest.skip("podman is not installed (package podman)")
        self._folder = folder
        (folder / "policy.json").write_text('{"default":[{"type":"insecureAcceptAnything"}]}')
        storage = f'[storage]\ndriver="vfs"\ngraphroot="{folder}/root"\nrunroot="{folder}/run"\n'
        (folder / "storage.conf").write_text(storage)
        (folder / "auth.json").write_text("{}")

    def __call__(self, *words: str, code: int = 0) -> str:
        if words[0] in ("pull", "push", "load"):
            words = (words[0], f"--signature-policy={self._folder}/policy.json", *words[1:])
        environment = {
            **os.environ, "CONTAINERS_STORAGE_CONF": f"{self._folder}/storage.conf",
            "REGISTRY_AUTH_FILE": f"{self._folder}/auth.json",
        }  # fmt: skip
        run = subprocess.run(
            ["podman", "--cgroup-manager=cgroupfs", "--events-backend=none", *words],
            capture_output=True, text=True, timeout=90, env=environment, check=False,
        )  # fmt: skip
        assert run.returncode == code, run.stdout + run.stderr
        return run.stdout + run.stderr

    def id(self, name: str) -> str:
        return self("image", "inspect", "--format", "{{.Id}}", name).strip()


@pytest.fixture
def podman(tmp_path: Path) -> Podman:
    folder = tmp_path / "podman"
    folder.mkdir()
    return Podman(folder)


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[tuple[str, Docker]]:
    """The address of a daemon's own registry, and docker at that daemon."""
    with running_daemon(tmp_path / "d") as daemon, Client(Address(daemon.socket)) as client:
        loaded = Api(os.fspath(daemon.socket)).post("/images/load", docker_archive({"team/app:1": IMAGE}))
        assert loaded.status == 200, loaded.content
        yield client.registries.share(listen="127.0.0.1:0").url.partition("//")[2], Docker(daemon.host)


def test_podman_logs_in_pushes_and_pulls(podman: Podman, tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(docker_archive({"team/app:1": IMAGE}))
    (tmp_path / "htpasswd").write_text(f"alice:{bcrypt.hashpw(b'secret', bcrypt.gensalt(4)).decode()}\n")
    podman("load", "-i", str(tmp_path / "a.tar"))
    with own_registry(tmp_path / "registry", "--htpasswd", str(tmp_path / "htpasswd")) as registry:
        name = f"{registry.address}/team/app:1"
        assert "authentication required" in podman("push", *PLAIN, "team/app:1", name, code=125)
        podman("login", *PLAIN, "-u", "alice", "-p", "secret", registry.address)
        podman("push", *PLAIN, "team/app:1", name)
        podman("rmi", "-a", "-f")
        podman("pull", *PLAIN, name)
        assert podman.id(name) == IMAGE.image_id.hex


def test_podman_pulls_what_the_daemon_has_and_docker_what_podman_pushes(
    podman: Podman, shared: tuple[str, Docker]
) -> None:
    address, docker = shared
    podman("pull", *PLAIN, f"{address}/team/app:1")
    assert podman.id(f"{address}/team/app:1") == IMAGE.image_id.hex
    podman("push", *PLAIN, f"{address}/team/app:1", f"{address}/other/app:2")
    docker("pull", f"{address}/other/app:2")
    assert docker("inspect", "--format", "{{.Id}}", f"{address}/other/app:2").stdout.strip() == str(IMAGE.image_id)


def test_skopeo_copies_out_of_the_daemon_and_into_it(tmp_path: Path, shared: tuple[str, Docker]) -> None:
    if shutil.which("skopeo") is None:
        pytest.skip("skopeo is not installed (package skopeo)")
    address, docker = shared
    (tmp_path / "policy.json").write_text('{"default":[{"type":"insecureAcceptAnything"}]}')

    def skopeo(*words: str) -> str:
        command = ["skopeo", f"--policy={tmp_path}/policy.json", *words]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout

    skopeo("copy", "--src-tls-verify=false", f"docker://{address}/team/app:1", f"oci:{tmp_path}/layout:1")
    skopeo("copy", "--dest-tls-verify=false", f"oci:{tmp_path}/layout:1", f"docker://{address}/copies/app:3")
    docker("pull", f"{address}/copies/app:3")
    listed = json.loads(skopeo("list-tags", "--tls-verify=false", f"docker://{address}/copies/app"))
    assert listed["Tags"] == ["3"]
    skopeo("delete", "--tls-verify=false", f"docker://{address}/copies/app:3")
    assert "not found" in docker("pull", f"{address}/copies/app:3", code=1).stderr


def test_docker_pushes_to_the_registry_of_its_own_daemon(shared: tuple[str, Docker]) -> None:
    address, docker = shared
    docker("tag", "team/app:1", f"{address}/mine/app:1")
    assert "digest: sha256:" in docker("push", f"{address}/mine/app:1").stdout
    docker("rmi", f"{address}/mine/app:1")
    docker("pull", f"{address}/mine/app:1")
