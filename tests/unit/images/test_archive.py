from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from jupyter_containers.content.store import BlobNotFound, DirectoryStore
from jupyter_containers.errors import ContainersError, InvalidParameter
from jupyter_containers.images import walk
from jupyter_containers.images.archive import import_tar, load
from jupyter_containers.images.unpack import unpack
from jupyter_containers.oci import media_types
from jupyter_containers.oci.digest import Digest
from jupyter_containers.oci.image_config import ProcessDefaults
from jupyter_containers.snapshots.plain import PlainSnapshotter
from tests.support import tiny_image
from tests.support.memory_records import MemoryRecords
from tests.support.tiny_image import Symlink, TinyImage

LAYERS = (
    tiny_image.layer({"etc": None, "etc/hosts": b"here"}, compression="none"),
    tiny_image.layer({"new": b"2"}, compression="none"),
)
IMAGE = tiny_image.image(*LAYERS)
ID = IMAGE.image_id.hex
CONTAINERD = "io.containerd.image.name"


@pytest.fixture
def content(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore(tmp_path / "content")


def docker_archive(**changed: bytes | Symlink) -> bytes:
    """Return what `docker save` wrote until version 24."""
    entry = {"Config": f"{ID}.json", "RepoTags": ["hello:latest", "x/y:1"], "Layers": ["1/layer.tar", "2/layer.tar"]}
    files: dict[str, bytes | Symlink | None] = {
        "1": None, "1/VERSION": b"1.0", "1/layer.tar": LAYERS[0].content, "2/layer.tar": LAYERS[1].content,
        f"{ID}.json": IMAGE.config, "manifest.json": json.dumps([entry]).encode(), "repositories": b"{}",
    }  # fmt: skip
    return tiny_image.tar_of(files | {name.replace("__", "/"): content for name, content in changed.items()})


def layout(made: TinyImage, annotations: Mapping[str, str]) -> bytes:
    entry = made.descriptor.to_json() | {"annotations": dict(annotations)}
    entry.pop("platform", None)
    blobs = {Digest.of(blob): blob for blob in (made.manifest, *made.blobs.values())}
    for child in made.children:
        blobs[child.digest] = child.manifest
    files: dict[str, bytes | Symlink | None] = {f"blobs/sha256/{d.hex}": blob for d, blob in blobs.items()}
    files["oci-layout"] = b'{"imageLayoutVersion": "1.0.0"}'
    files["index.json"] = json.dumps({"schemaVersion": 2, "manifests": [entry]}).encode()
    return tiny_image.tar_of(files)


def names(loaded: tuple[object, ...]) -> list[str]:
    return [str(name) for name in loaded]


@pytest.mark.parametrize("compress", [bytes, gzip.compress, bz2.compress, lzma.compress])
def test_an_archive_of_docker_is_loaded_whatever_its_compression(content: DirectoryStore, compress: object) -> None:
    ((references, image),) = load(io.BytesIO(compress(docker_archive())), content)  # type: ignore[operator]
    assert names(references) == ["docker.io/library/hello:latest", "docker.io/x/y:1"]
    assert image.config_digest == IMAGE.image_id
    assert walk.load(content, image.descriptor) == image
    used = {image.descriptor.digest, IMAGE.image_id, *(layer.descriptor.digest for layer in LAYERS)}
    assert set(content) == used


def test_what_was_flushed_stays_so_and_what_is_new_waits_for_no_flush(
    content: DirectoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[str] = []
    monkeypatch.setattr("os.fsync", lambda fd: flushed.append(os.readlink(f"/proc/self/fd/{fd}")))
    load(io.BytesIO(docker_archive()), content)
    assert flushed == []
    load(io.BytesIO(docker_archive()), content)
    assert any("/ingest/" in path for path in flushed)


def test_a_loaded_image_can_be_unpacked(content: DirectoryStore, tmp_path: Path) -> None:
    ((_, image),) = load(io.BytesIO(docker_archive()), content)
    snapshotter = PlainSnapshotter(tmp_path / "s", MemoryRecords())
    top = snapshotter.upper(unpack(image, content, snapshotter))
    assert top is not None
    assert (top / "etc/hosts").read_bytes() == b"here"


def test_a_layer_may_be_a_link_to_another_and_compressed_in_any_way(content: DirectoryStore, tmp_path: Path) -> None:
    same = tiny_image.image(LAYERS[0], LAYERS[0])
    entry = {"Config": "c.json", "RepoTags": None, "Layers": ["1/layer.tar", "2/layer.tar"]}
    archive = tiny_image.tar_of({
        "1/layer.tar": lzma.compress(LAYERS[0].content), "2/layer.tar": Symlink("../1/layer.tar"),
        "c.json": same.config, "manifest.json": json.dumps([entry]).encode(),
    })  # fmt: skip
    ((references, image),) = load(io.BytesIO(archive), content)
    assert references == ()
    assert {layer.media_type for layer in image.manifest.layers} == {media_types.OCI_LAYER}
    unpack(image, content, PlainSnapshotter(tmp_path / "s", MemoryRecords()))


@pytest.mark.parametrize(
    ("annotations", "expected"),
    [
        ({CONTAINERD: "docker.io/library/a:1", "org.opencontainers.image.ref.name": "1"}, ["docker.io/library/a:1"]),
        ({"org.opencontainers.image.ref.name": "a:1"}, ["docker.io/library/a:1"]),
        ({"org.opencontainers.image.ref.name": "latest"}, []),
        ({}, []),
    ],
)  # fmt: skip
def test_an_oci_layout_is_loaded(content: DirectoryStore, annotations: dict[str, str], expected: list[str]) -> None:
    ((references, image),) = load(io.BytesIO(layout(IMAGE, annotations)), content)
    assert names(references) == expected
    assert image.descriptor.digest == IMAGE.digest


def test_an_index_in_a_layout_gives_the_image_of_the_platform(content: DirectoryStore) -> None:
    other = tiny_image.image(LAYERS[0], platform=tiny_image.Platform("linux", "s390x"))
    ((_, image),) = load(io.BytesIO(layout(tiny_image.index(other, IMAGE), {})), content, tiny_image.AMD64)
    assert image.config_digest == IMAGE.image_id


def test_a_name_with_dots_in_the_archive_is_no_path(content: DirectoryStore, tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match="leads out"):
        load(io.BytesIO(tiny_image.tar_of({"../../evil": b"x"})), content)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["content"]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"manifest.json": b"{"}, "not JSON"),
        ({"manifest.json": b"{}"}, "not a list"),
        ({"manifest.json": b"[1]"}, "without a Config"),
        ({"manifest.json": b'[{"Config": "../../x"}]'}, "leads out"),
        ({"manifest.json": b'[{"Config": "missing"}]'}, "no file missing"),
        ({f"{ID}.json": b"{}"}, "no rootfs"),
        ({"1__layer.tar": Symlink("../1/layer.tar")}, "no file"),
    ],
)
def test_a_broken_archive_is_refused_and_leaves_nothing(
    content: DirectoryStore, changed: dict[str, bytes | Symlink], words: str
) -> None:
    kept = content.write(b"of another image")
    with pytest.raises(ContainersError, match=words):
        load(io.BytesIO(docker_archive(**changed)), content)
    assert list(content) == [kept]


def test_a_broken_archive_does_not_take_away_what_was_there_before(content: DirectoryStore) -> None:
    load(io.BytesIO(docker_archive()), content)
    before = set(content)
    with pytest.raises(InvalidParameter):
        load(io.BytesIO(docker_archive(**{"manifest.json": b"[1]"})), content)
    assert set(content) == before


def test_a_layout_that_is_not_whole_is_refused(content: DirectoryStore) -> None:
    with tarfile.open(fileobj=io.BytesIO(layout(IMAGE, {}))) as whole:
        members = {member.name: whole.extractfile(member) for member in whole}
        files = {name: file.read() for name, file in members.items() if file and LAYERS[0].diff_id.hex not in name}
    with pytest.raises(BlobNotFound):
        load(io.BytesIO(tiny_image.tar_of(files)), content)
    assert list(content) == []


@pytest.mark.parametrize("body", [b"", b"text" * 1000, tiny_image.tar_of({"f": b"1"})])
def test_what_is_no_archive_of_images_is_refused(content: DirectoryStore, body: bytes) -> None:
    with pytest.raises(InvalidParameter):
        load(io.BytesIO(body), content)
    assert list(content) == []


def test_a_root_file_system_becomes_an_image_of_one_layer(content: DirectoryStore, tmp_path: Path) -> None:
    tar = LAYERS[0].content
    process = ProcessDefaults(cmd=("sh",), env=("A=1",))
    image = import_tar(io.BytesIO(gzip.compress(tar)), content, process=process, message="by hand")
    assert image.config.diff_ids == (LAYERS[0].diff_id,)
    assert (image.config.process.cmd, image.config.process.env) == (("sh",), ("A=1",))
    assert image.config.history[0].comment == "by hand"
    assert walk.load(content, image.descriptor) == image
    unpack(image, content, PlainSnapshotter(tmp_path / "s", MemoryRecords()))


def test_nothing_is_kept_of_an_import_that_fails(content: DirectoryStore) -> None:
    for body in (b"", gzip.compress(b"x" * 10_000)[:-20]):
        with pytest.raises(InvalidParameter):
            import_tar(io.BytesIO(body), content)
    assert list(content) == []


def test_a_layout_cannot_bring_a_layer_that_means_the_root_of_this_machine(content: DirectoryStore) -> None:
    """With this media type its content is a description: any directory of the host would be the image's root."""
    blob = b'{"version": 1, "root": "/", "decisions": {}}'
    layer = tiny_image.TinyLayer(blob, Digest.of(blob), media_types.HOST_LAYER)
    with pytest.raises(InvalidParameter, match="a host's own root"):
        load(io.BytesIO(layout(tiny_image.image(layer), {})), content)
    assert not content.contains(Digest.of(blob))
