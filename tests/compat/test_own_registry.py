"""Our registry, as docker and skopeo see it: push and pull, both ways, with and without a password.

The reference must see the same loopback: run the tests in its network namespace.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import bcrypt
import pytest

from tests.support import tiny_image
from tests.support.daemon import Docker
from tests.support.docker_archive import docker_archive
from tests.support.own_registry import OwnRegistry, own_registry


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[OwnRegistry]:
    with own_registry(tmp_path / "registry") as registry:
        yield registry


@pytest.fixture
def image(docker: Docker, tmp_path: Path) -> Iterator[str]:
    """The id of an image of two layers that no test has seen before. Whatever names it gets go with it."""
    unique = uuid.uuid4().bytes
    image = tiny_image.image(
        tiny_image.layer({"one": unique}, compression="none"),
        tiny_image.layer({"two": unique * 100_000}, compression="none"),
    )
    docker("load", stdin=docker_archive({f"shared{unique.hex()}:1": image}))
    yield str(image.image_id)
    docker("rmi", "-f", str(image.image_id), code=None)


def skopeo(folder: Path, *words: str, code: int = 0) -> str:
    """Run skopeo and return what it printed. A policy file of the machine may forbid what is not signed."""
    if shutil.which("skopeo") is None:
        pytest.skip("skopeo is not installed (package skopeo)")
    policy = folder / "policy.json"
    policy.write_text('{"default":[{"type":"insecureAcceptAnything"}]}')
    run = subprocess.run(
        ["skopeo", f"--policy={policy}", *words], capture_output=True, text=True, check=False, timeout=90
    )
    assert run.returncode == code, run.stdout + run.stderr
    return run.stdout


def raw(folder: Path, name: str) -> str:
    return skopeo(folder, "inspect", "--raw", "--tls-verify=false", f"docker://{name}")


def test_what_docker_pushes_docker_pulls(docker: Docker, registry: OwnRegistry, image: str) -> None:
    name = f"{registry.address}/team/app:1"
    docker("tag", image, name)
    pushed = docker("push", name).stdout
    docker("rmi", "-f", image)
    pulled = docker("pull", name).stdout
    digest = pulled.partition("Digest: ")[2].split()[0]
    assert f"digest: {digest}" in pushed
    assert docker("inspect", "--format", "{{.Id}}", name).stdout.strip() == image
    assert registry.request("GET", "/v2/team/app/tags/list").json == {"name": "team/app", "tags": ["1"]}


def test_a_second_push_sends_nothing_and_another_repository_mounts(
    docker: Docker, registry: OwnRegistry, image: str
) -> None:
    for repository in ("team/app", "team/other"):
        docker("tag", image, f"{registry.address}/{repository}:1")
    docker("push", f"{registry.address}/team/app:1")
    assert docker("push", f"{registry.address}/team/app:1").stdout.count("Layer already exists") == 2
    assert docker("push", f"{registry.address}/team/other:1").stdout.count("Mounted from team/app") == 2


def test_what_docker_pushes_skopeo_copies_and_docker_pulls(
    docker: Docker, registry: OwnRegistry, image: str, tmp_path: Path
) -> None:
    first, second = f"{registry.address}/team/app:1", f"{registry.address}/copies/app:2"
    docker("tag", image, first)
    docker("push", first)
    skopeo(
        tmp_path, "copy", "--src-tls-verify=false", "--dest-tls-verify=false", f"docker://{first}", f"dir:{tmp_path}/d"
    )
    skopeo(tmp_path, "copy", "--dest-tls-verify=false", f"dir:{tmp_path}/d", f"docker://{second}")
    assert raw(tmp_path, first) == raw(tmp_path, second)
    docker("rmi", "-f", image)
    docker("pull", second)
    assert docker("inspect", "--format", "{{.Id}}", second).stdout.strip() == image
    tags = json.loads(skopeo(tmp_path, "list-tags", "--tls-verify=false", f"docker://{registry.address}/copies/app"))
    assert tags["Tags"] == ["2"]
    skopeo(tmp_path, "delete", "--tls-verify=false", f"docker://{second}")
    assert "manifest unknown" in docker("pull", second, code=1).stderr


def test_skopeo_pushes_oci_which_docker_pulls(
    docker: Docker, registry: OwnRegistry, image: str, tmp_path: Path
) -> None:
    name = f"{registry.address}/oci/app:1"
    docker("tag", image, name)
    docker("push", name)
    skopeo(tmp_path, "copy", "--format=oci", "--src-tls-verify=false", "--dest-tls-verify=false", f"docker://{name}",
           f"docker://{name}-oci")  # fmt: skip
    assert json.loads(raw(tmp_path, f"{name}-oci"))["config"]["mediaType"].startswith("application/vnd.oci.")
    docker("pull", f"{name}-oci")


def test_several_push_the_same_layers_at_once(docker: Docker, registry: OwnRegistry, image: str) -> None:
    names = [f"{registry.address}/team{number}/app:1" for number in range(4)]
    for name in names:
        docker("tag", image, name)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda name: docker("push", name), names))
    docker("rmi", "-f", image)
    for name in names:
        docker("pull", name)
        assert docker("inspect", "--format", "{{.Id}}", name).stdout.strip() == image


def test_a_password_is_asked_for(docker: Docker, image: str, tmp_path: Path) -> None:
    (tmp_path / "htpasswd").write_text(f"alice:{bcrypt.hashpw(b'secret', bcrypt.gensalt(4)).decode()}\n")
    config = ["--config", str(tmp_path / "docker")]
    with own_registry(tmp_path / "locked", "--htpasswd", str(tmp_path / "htpasswd")) as registry:
        name = f"{registry.address}/team/app:1"
        docker("tag", image, name)
        assert "no basic auth credentials" in docker(*config, "push", name, code=1).stderr
        docker(*config, "login", "-u", "alice", "--password-stdin", registry.address, stdin="wrong", code=1)
        docker(*config, "login", "-u", "alice", "--password-stdin", registry.address, stdin="secret")
        docker(*config, "push", name)
        docker("rmi", "-f", image)
        docker(*config, "pull", name)
        credentials = ["--src-tls-verify=false", "--src-creds=alice:secret"]
        skopeo(tmp_path, "copy", *credentials, f"docker://{name}", f"dir:{tmp_path}/d")
