"""Images that come in: a layer of many small files out of an archive, and large layers out of a registry."""

from __future__ import annotations

import gzip
import io
import os
import subprocess
import sys
import tarfile
import tempfile
import weakref
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

from jupyter_containers.oci import media_types
from jupyter_containers.oci.digest import Digest
from jupyter_containers.registry.server.folder import FolderStorage
from jupyter_containers.registry.server.storage import Stored
from tests.performance.daemons import Side, Timed
from tests.support import tiny_image
from tests.support.docker_archive import docker_archive
from tests.support.tiny_image import TinyImage, TinyLayer

FILES, FILE_BYTES, FOLDERS = 20_000, 1000, 200
LAYERS, LAYER_MEGABYTES = 3, 100
NAME = "performance/transferred:1"


def timed_at(share: float) -> tuple[Timed, ...]:
    """Return what to measure, with so large a part of the files and megabytes."""
    files, megabytes = int(FILES * share), int(LAYER_MEGABYTES * share)
    return (
        (f"load of a layer of {files} files, and its removal", partial(load_files, count=files)),
        (f"import of a tar of {files} files, and its removal", partial(import_files, count=files)),
        (f"pull of {LAYERS * megabytes} MB from a registry on loopback, and its removal",
         partial(pull, megabytes=megabytes)),
    )  # fmt: skip


def load_files(side: Side, *, count: int) -> Callable[[], None]:
    content = docker_archive({NAME: tiny_image.image(layer(many_files(count)))})

    def load() -> None:
        assert b"Loaded image" in side.api.post("/images/load", content)
        side.api.call("DELETE", f"/images/{NAME}")

    return load


def import_files(side: Side, *, count: int) -> Callable[[], None]:
    content = many_files(count)

    def bring() -> None:
        assert b"sha256:" in side.api.post("/images/create?fromSrc=-&repo=performance/transferred&tag=1", content)
        side.api.call("DELETE", f"/images/{NAME}")

    return bring


def pull(side: Side, *, megabytes: int) -> Callable[[], None]:
    image = large_image(megabytes)
    address, close = serve(side, image)
    name = f"{address}/{NAME.partition(':')[0]}"

    def fetch() -> None:
        assert b"Downloaded newer image" in side.api.post(f"/images/create?fromImage={name}&tag=1", b"")
        side.api.call("DELETE", f"/images/{name}:1")

    weakref.finalize(fetch, close)
    return fetch


def serve(side: Side, image: TinyImage) -> tuple[str, Callable[[], None]]:
    """Serve an image on the loopback of a daemon, which may have a network of its own; return address and end."""
    folder = tempfile.TemporaryDirectory(prefix="jcp-registry-")
    storage = FolderStorage(Path(folder.name))
    repository, _, tag = NAME.partition(":")
    for content in image.blobs.values():
        storage.link_blob(repository, storage.content.write(content))
    storage.put_manifest(repository, Stored(image.digest, image.media_type, image.manifest), tags=[tag])
    inside = ["nsenter", f"--net=/proc/{side.pid}/ns/net"]
    subprocess.run([*inside, "ip", "link", "set", "lo", "up"], check=True)
    words = [sys.executable, "-m", "jupyter_containers", "registry", "serve", "--listen", "127.0.0.1:0"]
    server = subprocess.Popen([*inside, *words, "--root", folder.name], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    address = server.stdout.readline().split()[2].partition("//")[2]

    def close() -> None:
        server.terminate()
        server.communicate()
        folder.cleanup()

    return address, close


@cache
def many_files(count: int) -> bytes:
    """Return a tar of small files, which compress by half."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for number in range(count):
            content = os.urandom(FILE_BYTES // 2) * 2
            member = tarfile.TarInfo(f"many/{number % FOLDERS}/{number}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


@cache
def large_image(megabytes: int) -> TinyImage:
    """Return an image of layers of so many megabytes each, which compress by half."""
    return tiny_image.image(*(layer(_large_file(megabytes, number)) for number in range(LAYERS)))


def _large_file(megabytes: int, number: int) -> bytes:
    # All of it random: gzip would make next to nothing of what repeats.
    content = b"".join(os.urandom(500_000) + bytes(500_000) for _ in range(megabytes))
    return tiny_image.tar_of({f"large{number}": content})


def layer(tar: bytes) -> TinyLayer:
    return TinyLayer(gzip.compress(tar, 1, mtime=0), Digest.of(tar), media_types.OCI_LAYER_GZIP)
