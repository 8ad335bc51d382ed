"""The file of `docker save`: what is in it, and that every reader of ours finds it again."""

from __future__ import annotations

import io
import json
import tarfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jupyter_containers.content.store import DirectoryStore
from jupyter_containers.errors import Unsupported
from jupyter_containers.images import archive, layout
from jupyter_containers.images.layout import Named
from jupyter_containers.images.walk import Image
from jupyter_containers.oci.media_types import HOST_LAYER
from jupyter_containers.oci.reference import Reference
from tests.support import tiny_image
from tests.support.docker_archive import docker_archive

SHARED = tiny_image.layer({"shared": b"1"})
ONE = tiny_image.image(SHARED)
TWO = tiny_image.image(SHARED, tiny_image.layer({"two": b"2"}))


@pytest.fixture
def content(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore(tmp_path / "content")


def loaded(content: DirectoryStore) -> list[Image]:
    return [image for _, image in archive.load(io.BytesIO(docker_archive({"one:1": ONE, "two:1": TWO})), content)]


def saved(content: DirectoryStore, images: list[Named]) -> bytes:
    buffer = io.BytesIO()
    layout.save(images, content, buffer.write)
    return buffer.getvalue()


def document(file: bytes, name: str) -> Any:
    with tarfile.open(fileobj=io.BytesIO(file)) as tar:
        member = tar.extractfile(name)
        assert member is not None
        return json.loads(member.read())


def test_images_share_blobs_and_keep_their_names(content: DirectoryStore, tmp_path: Path) -> None:
    one, two = loaded(content)
    names = (Reference.parse("one:1"), Reference.parse("example.org/again:v2"))
    file = saved(content, [Named(one, names), Named(two)])
    with tarfile.open(fileobj=io.BytesIO(file)) as tar:
        members = tar.getnames()
    assert len(members) == len(set(members)) == 2 + 6 + 3
    assert document(file, "oci-layout") == {"imageLayoutVersion": "1.0.0"}
    found = [(entry["digest"], entry.get("annotations")) for entry in document(file, "index.json")["manifests"]]
    assert found == [
        (str(one.descriptor.digest), {layout.NAME_ANNOTATION: "docker.io/library/one:1", layout.TAG_ANNOTATION: "1"}),
        (str(one.descriptor.digest), {layout.NAME_ANNOTATION: "example.org/again:v2", layout.TAG_ANNOTATION: "v2"}),
        (str(two.descriptor.digest), None),
    ]
    again = archive.load(io.BytesIO(file), DirectoryStore(tmp_path / "other"))
    assert [(n, image.config_digest) for n, image in again] == [(names, one.config_digest), ((), two.config_digest)]


def test_the_oci_half_alone_is_an_image_too(content: DirectoryStore, tmp_path: Path) -> None:
    one, _ = loaded(content)
    file, buffer = saved(content, [Named(one, (Reference.parse("one:1"),))]), io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(file)) as tar, tarfile.open(fileobj=buffer, mode="w") as copy:
        for member in tar:
            if member.name != "manifest.json":
                copy.addfile(member, tar.extractfile(member) if member.isfile() else None)
    buffer.seek(0)
    ((names, image),) = archive.load(buffer, DirectoryStore(tmp_path / "other"))
    assert (names, image.descriptor.digest) == ((Reference.parse("one:1"),), one.descriptor.digest)


def test_the_same_images_give_the_same_bytes(content: DirectoryStore) -> None:
    one, _ = loaded(content)
    assert saved(content, [Named(one)]) == saved(content, [Named(one)])


def test_the_root_of_this_machine_is_not_saved(content: DirectoryStore) -> None:
    one, _ = loaded(content)
    (layer,) = one.manifest.layers
    host = replace(one, manifest=replace(one.manifest, layers=(replace(layer, media_type=HOST_LAYER),)))
    buffer = io.BytesIO()
    with pytest.raises(Unsupported, match="cannot save host:latest"):
        layout.save([Named(host, (Reference.parse("host:latest"),))], content, buffer.write)
    assert buffer.getvalue() == b""
