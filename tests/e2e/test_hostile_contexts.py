"""Contexts that no client makes: each is refused in one sentence, nothing is left, and the daemon goes on."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.api_client import Api
from tests.support.daemon import Daemon, Docker

DOCKERFILE = b"FROM busybox\nCOPY . /context/\n"


def member(name: str, content: bytes = b"", **fields: object) -> tuple[tarfile.TarInfo, bytes]:
    found = tarfile.TarInfo(name)
    found.size = len(content)
    for field, value in fields.items():
        setattr(found, field, value)
    return found, content


def context(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for found, content in (member("Dockerfile", DOCKERFILE), *members):
            tar.addfile(found, io.BytesIO(content))
    return buffer.getvalue()


def sparse(map_: bytes, size: int) -> bytes:
    names = {"major": "1", "minor": "0", "name": "s", "realsize": str(size)}
    headers = {f"GNU.sparse.{name}": value for name, value in names.items()}
    return context(member("s", map_.ljust(512, b"\0"), pax_headers=headers))


FOLDER, FIFO = tarfile.DIRTYPE, tarfile.FIFOTYPE
REFUSED = {
    "cut": (context(member("a", b"x" * 5000))[:3000], "it was cut"),
    "no tar": (b"x" * 5000, "checksum"),
    "nothing": (b"", "Cannot locate specified Dockerfile"),
    "a negative size": (context()[:1024] + member("a", size=-5)[0].tobuf(tarfile.GNU_FORMAT), "impossible size"),
    "more than there is": (context()[:1024] + member("a", size=1 << 32)[0].tobuf(), "it was cut"),
    "an exabyte of holes": (sparse(b"1\n0\n0\n", 1 << 60), "File too large"),
    "a map of very many pieces": (sparse(b"99999999\n", 100), "sparse map of 99999999 pieces"),
    "a long name": (context(member("n" * 5000)), "cannot unpack"),
    "a deep folder": (context(member("/".join(["d"] * 5000), type=FOLDER)), "cannot unpack"),
    "no name": (context(member("")), "that is no directory"),
    "a zero in a name": (context(member("x", pax_headers={"path": "a\0b"})), "zero byte"),
    "a folder as Dockerfile": (context(member("Dockerfile", type=FOLDER)), "is a directory"),
    "a pipe as Dockerfile": (context(member("Dockerfile", type=FIFO)), "file with no instructions"),
    "damaged gzip": (gzip.compress(context())[:-9], "gzip"),
    "damaged xz": (b"\xfd7zXZ\0" + b"x" * 100, "xz"),
}  # fmt: skip
# What is looked at by a step, when the answer has begun.
FAILING = {
    "a long ignore file": (context(member(".dockerignore", b"a" * (2 << 20))), "larger than 1048576 bytes"),
    "an ignore file of many rules": (context(member(".dockerignore", b"a\n!a\n" * 9999)), "more than 2000 patterns"),
}


@pytest.fixture
def api(unharmed: Daemon) -> Api:
    return Api(os.fspath(unharmed.socket))


@pytest.mark.parametrize("name", [*REFUSED, *FAILING])
def test_a_context_that_cannot_be_is_refused(api: Api, unharmed: Daemon, name: str) -> None:
    content, complaint = (REFUSED | FAILING)[name]
    answer = api.request("POST", "/build", content, headers={"Content-Type": "application/x-tar"}, t="hostile")
    assert answer.status == (400 if name in REFUSED else 200)
    assert complaint in answer.content.decode()
    assert "Successfully" not in answer.content.decode()
    assert not list(unharmed.data.rglob("context-*"))


# What is sent, when there is a file in the given folder; and what is there afterwards.
ODD: dict[str, tuple[Callable[[Path], bytes], str]] = {
    "a pipe as ignore file": (lambda _: context(member(".dockerignore", type=FIFO)), "Dockerfile"),
    "a link to an ignore file of the host": (
        lambda folder: context(
            member(".dockerignore", type=tarfile.SYMTYPE, linkname=f"{folder}/rules"), member("kept", b"")
        ),
        "kept",
    ),
    "attributes that steer overlayfs": (
        lambda _: context(
            member("Dockerfile", b"FROM busybox\nRUN mkdir -p /context/d/below\nCOPY . /context/\n"),
            member("d", type=FOLDER, mode=0o755, pax_headers={"SCHILY.xattr.trusted.overlay.opaque": "y"}),
        ),
        "d/below",
    ),
    "a bomb": (lambda _: gzip.compress(context(member("zeros", bytes(64 << 20)))), "zeros"),
}


@pytest.mark.parametrize("name", ODD)
def test_a_context_that_is_only_odd_is_built(api: Api, unharmed: Daemon, name: str, tmp_path: Path) -> None:
    made, kept = ODD[name]
    (tmp_path / "rules").write_text("kept\n")
    kind = {"Content-Type": "application/x-tar"}
    answer = api.request("POST", "/build", made(tmp_path), headers=kind, t="hostile", networkmode="none")
    assert "Successfully tagged" in answer.content.decode()
    assert f"/context/{kept}" in api.output("find", "/context", Image="hostile").split()
    assert not [path for path in unharmed.data.rglob("d") if any("opaque" in name for name in os.listxattr(path))]
    api.delete("/images/hostile", force=1)
    Docker(unharmed.host)("builder", "prune", "-af")
    assert not list(unharmed.data.rglob("context-*"))
