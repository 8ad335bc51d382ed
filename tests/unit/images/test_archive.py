from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from jupyter_containers.content.store import BlobNotFound, DirectoryStore
from jupyter_containers.errors import ContainersError, InvalidParameter, NotFound
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
    assert image.blobs == used
    assert used <= set(content)


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
        ({"org.opencontainers.image.ref.name": "Stable/x:1+2"}, []),
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
        ({"manifest.json": b'[{"Config": "c", "RepoTags": 5}]'}, "RepoTags in manifest.json is not a list: 5"),
        ({"manifest.json": b'[{"Config": "c", "Layers": {"a": 1}}]'}, "Layers in manifest.json is not a list"),
        ({f"{ID}.json": b"{}"}, "no rootfs"),
        ({"1__layer.tar": Symlink("../1/layer.tar")}, "no file"),
    ],
)
def test_a_broken_archive_is_refused(content: DirectoryStore, changed: dict[str, bytes | Symlink], words: str) -> None:
    with pytest.raises(ContainersError, match=words):
        load(io.BytesIO(docker_archive(**changed)), content)


def test_a_broken_archive_does_not_take_away_what_was_there_before(content: DirectoryStore) -> None:
    load(io.BytesIO(docker_archive()), content)
    before = set(content)
    with pytest.raises(InvalidParameter):
        load(io.BytesIO(docker_archive(**{"manifest.json": b"[1]"})), content)
    assert before <= set(content)


def test_a_layout_that_is_not_whole_is_refused(content: DirectoryStore) -> None:
    with tarfile.open(fileobj=io.BytesIO(layout(IMAGE, {}))) as whole:
        members = {member.name: whole.extractfile(member) for member in whole}
        files = {name: file.read() for name, file in members.items() if file and LAYERS[0].diff_id.hex not in name}
    with pytest.raises(BlobNotFound):
        load(io.BytesIO(tiny_image.tar_of(files)), content)


@pytest.mark.parametrize("body", [b"", b"text" * 1000, tiny_image.tar_of({"f": b"1"})])
def test_what_is_no_archive_of_images_is_refused(content: DirectoryStore, body: bytes) -> None:
    with pytest.raises(InvalidParameter):
        load(io.BytesIO(body), content)


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


def both_tables(made: TinyImage, layers: tuple[tiny_image.TinyLayer, ...], of: TinyImage | None = None) -> bytes:
    """Return what Docker writes since version 25: a layout with manifest.json beside it."""
    own = of or made
    entry = {
        "Config": f"blobs/sha256/{own.image_id.hex}", "RepoTags": ["a:1"],
        "Layers": [f"blobs/sha256/{layer.descriptor.digest.hex}" for layer in layers],
    }  # fmt: skip
    with tarfile.open(fileobj=io.BytesIO(layout(made, {CONTAINERD: "docker.io/library/a:1"}))) as whole:
        members = {member.name: whole.extractfile(member) for member in whole}
        files: dict[str, bytes | Symlink | None] = {name: file.read() for name, file in members.items() if file}
    return tiny_image.tar_of(files | {"manifest.json": json.dumps([entry]).encode()})


def test_a_foreign_layer_keeps_its_addresses(content: DirectoryStore) -> None:
    packed = tiny_image.layer({"far": b"1"})
    away = replace(packed, media_type=media_types.DOCKER_LAYER_FOREIGN, urls=("https://layers.invalid/1",))
    made = tiny_image.image(away, flavour=tiny_image.DOCKER)
    ((references, image),) = load(io.BytesIO(both_tables(made, (away,))), content)
    assert names(references) == ["docker.io/library/a:1"]
    assert image.manifest.layers == (away.descriptor,)
    assert image.descriptor.digest == made.digest
    assert image.blobs == {made.digest, made.image_id, away.descriptor.digest}


def test_a_manifest_that_has_not_its_layers_here_is_not_taken(content: DirectoryStore) -> None:
    packed = tiny_image.layer({"far": b"1"})
    made = tiny_image.image(packed)
    gone = tiny_image.image(tiny_image.layer({"other": b"1"}), diff_ids=[packed.diff_id])
    assert gone.config == made.config
    with tarfile.open(fileobj=io.BytesIO(both_tables(made, (packed,)))) as whole:
        members = {member.name: whole.extractfile(member) for member in whole}
        files: dict[str, bytes | Symlink | None] = {name: file.read() for name, file in members.items() if file}
    files[f"blobs/sha256/{gone.digest.hex}"] = gone.manifest
    files["index.json"] = json.dumps({"schemaVersion": 2, "manifests": [gone.descriptor.to_json()]}).encode()
    ((_, image),) = load(io.BytesIO(tiny_image.tar_of(files)), content)
    assert [layer.digest for layer in image.manifest.layers] == [packed.descriptor.digest]


def test_the_platform_that_is_asked_for_is_loaded_or_none(content: DirectoryStore) -> None:
    arm = tiny_image.image(tiny_image.layer({"arm": b"1"}), platform=tiny_image.Platform("linux", "arm64"))
    saved = both_tables(tiny_image.index(IMAGE, arm), LAYERS, of=IMAGE)
    ((references, image),) = load(io.BytesIO(saved), content, tiny_image.Platform("linux", "arm64"))
    assert (names(references), image.config_digest) == (["docker.io/library/a:1"], arm.image_id)
    for archive in (docker_archive(), both_tables(IMAGE, LAYERS), layout(IMAGE, {})):
        with pytest.raises(NotFound, match="the archive has no image for linux/arm64"):
            load(io.BytesIO(archive), content, tiny_image.Platform("linux", "arm64"))
    assert image.blobs == {arm.digest, arm.image_id, arm.layers[0].descriptor.digest}


class Cut:
    """A stream that comes in small pieces; before the one with this number something else happens."""

    def __init__(self, content: bytes, number: int, happens: Callable[[], object]) -> None:
        self._stream = io.BytesIO(content)
        self._left = number
        self._happens = happens

    def read(self, size: int, /) -> bytes:
        if self._left == 0:
            self._happens()
        self._left -= 1
        return self._stream.read(min(size, 700))


@pytest.mark.parametrize("number", range(0, 40, 3))
def test_the_same_archive_may_come_twice_at_a_time(content: DirectoryStore, number: int) -> None:
    found: list[walk.Image] = []

    def meanwhile() -> None:
        ((_, image),) = load(io.BytesIO(docker_archive()), content)
        found.append(image)

    ((_, image),) = load(Cut(docker_archive(), number, meanwhile), content)
    assert found == [image]
    assert image.blobs <= set(content)


@pytest.mark.parametrize("number", range(0, 40, 3))
def test_a_load_that_fails_takes_nothing_from_others_that_have_found_it_meanwhile(
    content: DirectoryStore, number: int
) -> None:
    found: list[walk.Image] = []

    def meanwhile() -> None:
        ((_, image),) = load(io.BytesIO(docker_archive()), content)
        found.append(image)
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        load(Cut(docker_archive(), number, meanwhile), content)
    assert found[0].blobs <= set(content)


def test_names_that_would_fill_the_memory_are_refused(content: DirectoryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jupyter_containers.images.archive._MAX_NAME_BYTES", 5000)
    files: dict[str, bytes | Symlink | None] = {f"{number}/{'n' * 400}": Symlink("l" * 600) for number in range(10)}
    with pytest.raises(InvalidParameter, match="the names in it have more than 5000 bytes"):
        load(io.BytesIO(tiny_image.tar_of(files)), content)
