"""A data root that is full: the daemon survives, says "no space left on device", and frees what was half made."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from jupyter_containers.linux import mounts
from tests.support import interfaces, tiny_image
from tests.support.api_client import Api
from tests.support.daemon import Daemon, Docker, running_daemon
from tests.support.registry_server import RegistryServer
from tests.support.standing_daemon import load_image
from tests.support.traces import bridge, leaves_nothing, shims, traces

# Unpacking keeps 64 MiB free for others (layers.placing), so the disk has to be larger than that.
DISK_BYTES = 88 << 20
TOO_MUCH = 88 << 20
NO_SPACE = "no space left on device"


@contextmanager
def small_disk(place: Path) -> Iterator[None]:
    place.mkdir()
    mounts.mount("tmpfs", place, "tmpfs", 0, f"size={DISK_BYTES}")
    try:
        yield
    finally:
        mounts.unmount(place)


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Daemon]:
    """A daemon whose data root is a small disk, with an image and little room besides."""
    with small_disk(tmp_path / "data"):
        with running_daemon(tmp_path) as daemon:
            load_image(Api(os.fspath(daemon.socket)))
            yield daemon
            assert daemon.process is not None and daemon.process.poll() is None, daemon.log
        assert not shims(daemon)
        assert bridge(daemon) not in interfaces.names()


@pytest.fixture
def docker(full: Daemon) -> Docker:
    return Docker(full.host)


def free_bytes(daemon: Daemon) -> int:
    status = os.statvfs(daemon.data)
    return status.f_bavail * status.f_frsize


def large() -> bytes:
    return os.urandom(1 << 20) * (TOO_MUCH >> 20)


def tar(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def works_on(docker: Docker) -> None:
    assert docker("run", "--rm", "busybox", "echo", "alive").stdout == "alive\n"


def test_a_pull(full: Daemon, docker: Docker) -> None:
    before, room = traces(full), free_bytes(full)
    with RegistryServer() as registry:
        registry.add_image(
            "team/large", "1", tiny_image.image(tiny_image.layer({"large": large()}, compression="none"))
        )
        done = docker("pull", f"{registry.address}/team/large:1", code=1)
    assert NO_SPACE in done.stderr.lower()
    leaves_nothing(full, before)
    assert free_bytes(full) > room - 500_000
    works_on(docker)


def test_a_pull_that_fits_but_cannot_be_unpacked(full: Daemon, docker: Docker) -> None:
    before, room = traces(full), free_bytes(full)
    with RegistryServer() as registry:
        registry.add_image("team/zeros", "1", tiny_image.image(tiny_image.layer({"zeros": bytes(TOO_MUCH)})))
        done = docker("pull", f"{registry.address}/team/zeros:1", code=1)
    assert NO_SPACE in done.stderr.lower()
    leaves_nothing(full, before)
    assert free_bytes(full) > room - 500_000
    works_on(docker)


@pytest.mark.parametrize("words", [("load",), ("import", "-", "half")])
def test_an_archive_that_does_not_fit(full: Daemon, docker: Docker, words: tuple[str, ...]) -> None:
    before, room = traces(full), free_bytes(full)
    done = docker(*words, code=1, stdin=tar(large=large()))
    assert NO_SPACE in done.stderr.lower()
    leaves_nothing(full, before)
    assert free_bytes(full) > room - 500_000
    works_on(docker)


@pytest.mark.parametrize("words", [("load",), ("import", "-", "half")])
def test_an_archive_that_is_small_until_it_is_unpacked(full: Daemon, docker: Docker, words: tuple[str, ...]) -> None:
    """What a pull keeps free for others stays free here as well: the end is noticed before the disk is full."""
    before, room = traces(full), free_bytes(full)
    done = docker(*words, code=1, stdin=gzip.compress(tar(zeros=bytes(TOO_MUCH)), 1))
    assert f"{NO_SPACE}: less than 64 mib would stay free" in done.stderr.lower()
    leaves_nothing(full, before)
    assert free_bytes(full) > room - 500_000
    works_on(docker)


def test_a_build_step_that_fills_the_disk(full: Daemon, docker: Docker) -> None:
    before, room = traces(full), free_bytes(full)
    step = "FROM busybox\nRUN dd if=/dev/zero of=/large bs=1M count=100\n"
    done = docker("build", "-t", "half", "-", code=1, stdin=step)
    assert NO_SPACE in (done.stdout + done.stderr).lower()
    leaves_nothing(full, before)
    assert free_bytes(full) > room - 500_000
    works_on(docker)


def test_a_build_context_that_does_not_fit(full: Daemon, docker: Docker) -> None:
    before, room = traces(full), free_bytes(full)
    answer = Api(os.fspath(full.socket)).post("/build", tar(Dockerfile=b"FROM busybox\n", large=large()), t="half")
    assert answer.status in (200, 500)
    assert NO_SPACE in answer.content.decode().lower()
    leaves_nothing(full, before)
    assert free_bytes(full) > room - 500_000
    works_on(docker)


def test_a_container_that_fills_the_disk_and_the_others(full: Daemon, docker: Docker) -> None:
    before = traces(full)
    docker("run", "-d", "--name", "other", "busybox", "sleep", "600")
    done = docker("run", "--name", "greedy", "busybox", "dd", "if=/dev/zero", "of=/large", "bs=1M", code=1)
    assert NO_SPACE in done.stderr.lower()
    # Full to the last byte now: what is asked for must work, or be refused with the reason.
    refused = docker("run", "--rm", "busybox", "true", code=None)
    assert refused.returncode == 0 or NO_SPACE in refused.stderr.lower(), refused.stderr
    assert docker("exec", "other", "echo", "here").stdout == "here\n"
    assert "greedy" in docker("ps", "-a").stdout
    docker("rm", "-f", "greedy", "other")
    leaves_nothing(full, before)
    works_on(docker)


def test_a_daemon_that_is_killed_on_a_full_disk_starts_again(full: Daemon, docker: Docker) -> None:
    before = traces(full)
    docker("run", "--name", "greedy", "busybox", "dd", "if=/dev/zero", "of=/large", "bs=1M", code=1)
    full.kill()
    full.start()
    docker("rm", "greedy")
    leaves_nothing(full, before)
    works_on(docker)
