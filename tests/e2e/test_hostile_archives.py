"""Archives that point outside: what they name is refused or stays inside, and this host's files are as they were."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.api_client import Api
from tests.support.daemon import Daemon, Docker


@pytest.fixture
def docker(unharmed: Daemon) -> Docker:
    return Docker(unharmed.host)


@pytest.fixture
def api(unharmed: Daemon) -> Api:
    return Api(os.fspath(unharmed.socket))


@pytest.fixture
def victim(tmp_path: Path) -> Iterator[Path]:
    """A folder of this host that nobody may write to; it is what it was afterwards."""
    folder = tmp_path / "victim"
    folder.mkdir()
    (folder / "kept").write_text("kept")
    yield folder
    assert {path.name: path.read_text() for path in folder.iterdir()} == {"kept": "kept"}


def archive(*members: tuple[str, str | bytes]) -> bytes:
    """Return a tar: bytes make a file, a text a symbolic link, a text that begins with "=" a hard link."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in members:
            member = tarfile.TarInfo(name)
            if isinstance(content, bytes):
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
            else:
                is_hard = content.startswith("=")
                member.type, member.linkname = (tarfile.LNKTYPE if is_hard else tarfile.SYMTYPE), content.lstrip("=")
                tar.addfile(member)
    return buffer.getvalue()


def attacks(victim: Path) -> dict[str, bytes]:
    up = "../" * 30
    return {
        "dots": archive((f"{up}{victim}/new", b"x")),
        "absolute": archive((f"{victim}/kept", b"x")),
        "link": archive(("out", str(victim)), ("out/new", b"x")),
        "relative link": archive(("out", f"{up}{victim}"), ("out/kept", b"x")),
        "link to file": archive(("out", f"{victim}/kept"), ("out", b"x")),
        "hard link": archive(("out", f"={victim}/kept"), ("out", b"x")),
        "link to link": archive(("a", "/"), ("b", f"a/{victim}"), ("b/new", b"x")),
    }


NAMES = list(attacks(Path("/x")))


@pytest.mark.parametrize("name", NAMES)
def test_import(docker: Docker, victim: Path, name: str) -> None:
    if docker("import", "-", "hostile", code=None, stdin=attacks(victim)[name]).returncode == 0:
        docker("rmi", "hostile")


@pytest.mark.parametrize("name", NAMES)
def test_load(docker: Docker, victim: Path, name: str) -> None:
    done = docker("load", code=1, stdin=attacks(victim)[name])
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", NAMES)
def test_cp(docker: Docker, api: Api, victim: Path, name: str) -> None:
    docker("create", "--name", "target", "busybox", "true")
    answer = api.request("PUT", "/containers/target/archive", attacks(victim)[name], path="/tmp")
    assert answer.status in (200, 400, 403, 500)
    docker("rm", "target")


def test_cp_out_through_a_link_reads_the_container_and_not_the_host(
    docker: Docker, victim: Path, tmp_path: Path
) -> None:
    docker(
        "run", "--name", "target", "busybox", "sh", "-c", f"ln -s {victim}/kept /tmp/link; ln -s /etc/passwd /tmp/own"
    )
    done = docker("cp", "-L", "target:/tmp/link", os.fspath(tmp_path / "stolen"), code=1)
    assert "no such file" in done.stderr.lower() or "Could not find" in done.stderr
    docker("cp", "-L", "target:/tmp/own", os.fspath(tmp_path / "own"))
    assert "alice" in (tmp_path / "own").read_text()
    docker("rm", "target")


@pytest.mark.parametrize("name", NAMES)
def test_build_context(api: Api, docker: Docker, victim: Path, name: str) -> None:
    buffer, source = io.BytesIO(), io.BytesIO(attacks(victim)[name])
    with tarfile.open(fileobj=source) as hostile, tarfile.open(fileobj=buffer, mode="w") as tar:
        for member in hostile.getmembers():
            tar.addfile(member, hostile.extractfile(member) if member.isfile() else None)
        dockerfile = tarfile.TarInfo("Dockerfile")
        content = b"FROM busybox\nCOPY . /context\n"
        dockerfile.size = len(content)
        tar.addfile(dockerfile, io.BytesIO(content))
    answer = api.post("/build", buffer.getvalue(), t="hostile")
    assert answer.status in (200, 400, 500)
    # Whatever came of it, nothing of the host is in the image.
    if b"Successfully tagged" in answer.content:
        shown = docker("run", "--rm", "hostile", "sh", "-c", "grep -r kept /context 2>/dev/null || true").stdout
        assert shown == ""
        docker("rmi", "hostile")
    docker("builder", "prune", "-af")


def test_a_dockerfile_that_is_a_link_to_a_file_of_the_host_is_not_read(api: Api, victim: Path) -> None:
    answer = api.post("/build", archive(("Dockerfile", f"{victim}/kept")))
    assert b"Cannot locate specified Dockerfile" in answer.content
    assert b"kept\n" not in answer.content
