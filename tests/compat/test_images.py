"""Images through the docker CLI: list, tag, inspect, history, rmi, import, load, build, pull."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import tiny_image
from tests.support.daemon import Docker
from tests.support.docker_archive import docker_archive
from tests.support.registry_server import RegistryServer
from tools.demo_registry import registry_with_busybox


@pytest.fixture
def name() -> str:
    return f"img{uuid.uuid4().hex[:12]}"


def build(
    docker: Docker, folder: Path, dockerfile: str, *words: str, code: int = 0
) -> subprocess.CompletedProcess[str]:
    (folder / "Dockerfile").write_text(dockerfile)
    return docker("build", *words, str(folder), code=code)


def image_with(text: str) -> tiny_image.TinyImage:
    """Return an image with one file, hello.txt."""
    return tiny_image.image(tiny_image.layer({"hello.txt": text.encode()}))


def image_id(docker: Docker, name: str) -> str:
    return docker("inspect", "--format", "{{.Id}}", name).stdout.strip()


def test_an_image_has_as_many_names_as_it_is_given(docker: Docker, name: str) -> None:
    docker("tag", "busybox", f"{name}:one")
    docker("tag", f"{name}:one", f"example.org/team/{name}:two")
    listed = docker("images", "--format", "{{.Repository}}:{{.Tag}}").stdout.split()
    assert {f"{name}:one", f"example.org/team/{name}:two", "busybox:latest"} <= set(listed)
    assert docker("rmi", f"{name}:one").stdout == f"Untagged: {name}:one\n"
    docker("rmi", f"example.org/team/{name}:two")
    assert "busybox:latest" in docker("images", "--format", "{{.Repository}}:{{.Tag}}").stdout.split()


def test_a_bad_reference_is_refused(docker: Docker) -> None:
    assert "must be lowercase" in docker("tag", "busybox", "Upper/Case", code=1).stderr
    assert "invalid reference format" in docker("run", "--rm", "a b", code=125).stderr


def test_inspect_and_history_tell_how_it_was_made(docker: Docker, name: str, tmp_path: Path) -> None:
    build(
        docker, tmp_path, 'FROM busybox\nRUN echo hi > /hi\nENV A=b\nLABEL course=os\nCMD ["cat", "/hi"]\n', "-t", name
    )
    inspected = json.loads(docker("image", "inspect", name).stdout)[0]
    assert inspected["Config"]["Cmd"] == ["cat", "/hi"]
    assert inspected["Config"]["Labels"] == {"course": "os"}
    assert "A=b" in inspected["Config"]["Env"]
    assert inspected["Architecture"]
    steps = docker("history", "--no-trunc", "--format", "{{.CreatedBy}}", name).stdout.splitlines()
    assert "CMD" in steps[0]
    assert any("echo hi > /hi" in step for step in steps)
    assert docker("run", "--rm", name).stdout == "hi\n"
    docker("rmi", name)


def test_an_image_in_use_is_kept(docker: Docker, name: str) -> None:
    docker("tag", "busybox", name)
    docker("create", "--name", name, name)
    done = docker("rmi", image_id(docker, "busybox"), code=1)
    assert "conflict: unable to delete" in done.stderr
    docker("rm", name)
    docker("rmi", name)


def test_an_unknown_image_is_named(docker: Docker) -> None:
    for words in (("rmi", "nothing:here"), ("history", "nothing:here"), ("tag", "nothing:here", "x")):
        assert "No such image: nothing:here" in docker(*words, code=1).stderr


def test_load_brings_back_a_saved_image(docker: Docker, name: str, tmp_path: Path) -> None:
    archive = tmp_path / "image.tar"
    archive.write_bytes(docker_archive({f"{name}:v1": image_with("loaded\n")}))
    assert docker("load", "-i", str(archive)).stdout == f"Loaded image: {name}:v1\n"
    docker("create", "--name", name, f"{name}:v1", "/x")
    out = subprocess.run(docker.command("cp", f"{name}:/hello.txt", "-"), capture_output=True, check=True).stdout
    assert b"loaded\n" in out
    docker("rm", name)
    docker("rmi", f"{name}:v1")


def test_an_archive_that_is_none_is_refused(docker: Docker, tmp_path: Path) -> None:
    (tmp_path / "junk").write_bytes(b"junk" * 1000)
    docker("load", "-i", str(tmp_path / "junk"), code=1)


def test_build_copies_from_the_context_less_what_is_ignored(docker: Docker, name: str, tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.txt").write_text("a\n")
    (tmp_path / "src" / "secret.key").write_text("no\n")
    (tmp_path / ".dockerignore").write_text("**/*.key\n")
    build(docker, tmp_path, "FROM busybox\nWORKDIR /app\nCOPY src/ .\nUSER alice\nCMD ls -ln\n", "-t", name)
    out = docker("run", "--rm", name).stdout
    assert "a.txt" in out
    assert "secret.key" not in out
    docker("rmi", name)


def test_a_second_build_is_cached_until_a_file_changes(docker: Docker, name: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text(name)
    text = "FROM busybox\nCOPY file /file\nRUN cat /file > /copy\n"
    build(docker, tmp_path, text, "-t", name)
    first = image_id(docker, name)
    assert build(docker, tmp_path, text, "-t", name).stdout.count("Using cache") == 2
    assert image_id(docker, name) == first
    (tmp_path / "file").write_text(name + "changed")
    assert "Using cache" not in build(docker, tmp_path, text, "-t", name).stdout
    assert docker("run", "--rm", name, "cat", "/copy").stdout == name + "changed"
    docker("rmi", name)


def test_arguments_and_stages_work(docker: Docker, name: str, tmp_path: Path) -> None:
    text = (
        "ARG BASE=busybox\nFROM $BASE AS maker\nARG WORD=default\nRUN echo $WORD > /made\n"
        'FROM busybox\nCOPY --from=maker /made /made\nENTRYPOINT ["cat"]\nCMD ["/made"]\nEXPOSE 80\n'
    )
    build(docker, tmp_path, text, "-t", name, "--build-arg", "WORD=given")
    assert docker("run", "--rm", name).stdout == "given\n"
    assert json.loads(docker("inspect", name).stdout)[0]["Config"]["ExposedPorts"] == {"80/tcp": {}}
    docker("rmi", name)


def test_a_failing_run_says_which_and_how(docker: Docker, tmp_path: Path) -> None:
    done = build(docker, tmp_path, "FROM busybox\nRUN echo before && exit 9\n", code=9)
    assert "The command '/bin/sh -c echo before && exit 9' returned a non-zero code: 9" in done.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("FROM busybox\nRUNN true\n", "unknown instruction: RUNN"),
        ("FROM busybox\nCOPY absent /x\n", "absent"),
        ("RUN true\n", "no build stage in current context"),
        ("FROM busybox\nCOPY --from=nobody /x /x\n", "nobody"),
        ("", "cannot be empty"),
    ],
)
def test_a_bad_dockerfile_is_refused_with_what_is_wrong(docker: Docker, tmp_path: Path, text: str, said: str) -> None:
    done = build(docker, tmp_path, text, code=1)
    assert said in done.stderr


def test_an_image_is_pulled_by_tag_and_by_digest(docker: Docker, name: str) -> None:
    with RegistryServer() as registry:
        digest = registry.add_image(f"team/{name}", "v1", image_with("pulled\n"))
        full = f"{registry.address}/team/{name}"
        out = docker("pull", f"{full}:v1").stdout
        assert f"Digest: {digest}" in out
        assert f"Status: Downloaded newer image for {full}:v1" in out
        assert f"Status: Image is up to date for {full}:v1" in docker("pull", f"{full}:v1").stdout
        docker("pull", f"{full}@{digest}")
        missing = docker("pull", f"{full}:absent", code=1)
        assert "manifest unknown" in missing.stderr or "not found" in missing.stderr
    assert json.loads(docker("inspect", f"{full}:v1").stdout)[0]["RepoDigests"] == [f"{full}@{digest}"]
    docker("rmi", f"{full}:v1")


@pytest.fixture
def real_registry() -> Iterator[str]:
    """Debian's docker-registry with a busybox image in it, on a free port of the loopback."""
    if shutil.which("docker-registry") is None:
        pytest.skip("docker-registry is not installed (package docker-registry)")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with registry_with_busybox(f"127.0.0.1:{port}") as address:
        yield address


def test_a_real_registry_serves_a_pull_and_the_image_runs(docker: Docker, real_registry: str) -> None:
    out = docker("run", "--rm", f"{real_registry}/busybox", "echo", "from the registry").stdout
    assert out.endswith("from the registry\n")
    docker("rmi", f"{real_registry}/busybox")
