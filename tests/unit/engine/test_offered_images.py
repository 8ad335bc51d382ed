"""Tests of engine.offered_images: which names are offered, and as what."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_containers.content.store import DirectoryStore
from jupyter_containers.engine.offered_images import OfferedImages
from jupyter_containers.images.walk import load_index
from jupyter_containers.oci.digest import Digest
from jupyter_containers.oci.manifest import Manifest, parse_manifest
from jupyter_containers.oci.platform import Platform
from jupyter_containers.oci.reference import Reference
from jupyter_containers.registry.server.folder import FolderStorage
from jupyter_containers.registry.server.refusals import Refusal
from jupyter_containers.registry.server.storage import Stored
from tests.support import tiny_image

IMAGE = tiny_image.image(tiny_image.layer({"a": b"1"}))


def view(*names: str, is_host: bool = False, digests: tuple[str, ...] = ()) -> Any:
    manifest = parse_manifest(IMAGE.manifest)
    assert isinstance(manifest, Manifest)
    image = SimpleNamespace(manifest=manifest, descriptor=IMAGE.descriptor, is_host=is_host)
    record = SimpleNamespace(repo_digests=digests)
    return SimpleNamespace(id=IMAGE.image_id, image=image, names=tuple(map(Reference.parse, names)), record=record)


def offered(folder: Path, *views: Any, patterns: tuple[str, ...] = ("*",)) -> OfferedImages:
    content = DirectoryStore(folder / "content")
    for blob in (*IMAGE.blobs.values(), IMAGE.manifest):
        content.write(blob)
    return OfferedImages(FolderStorage(folder / "sharing", content), content, lambda: views, patterns)


def test_names_are_those_that_people_write(tmp_path: Path) -> None:
    images = offered(tmp_path, view("plain:1", "docker.io/team/app:2", "r.example.org/app:1", "host:latest"))
    assert images.repositories() == ["plain", "team/app"]
    assert images.tags("team/app") == ["2"]
    assert images.resolve("team/app", "2") == IMAGE.digest
    assert images.manifest("plain", IMAGE.digest).content == IMAGE.manifest
    assert not images.knows("app")


def test_what_stands_on_this_machine_does_not_leave_it(tmp_path: Path) -> None:
    images = offered(tmp_path, view("mine:1", is_host=True))
    assert images.repositories() == []
    assert not images.holds(IMAGE.image_id)
    with pytest.raises(Refusal):
        images.blob("mine", IMAGE.image_id)


def test_patterns_choose(tmp_path: Path) -> None:
    assert offered(tmp_path, view("plain:1", "team/app:2"), patterns=("team/*",)).repositories() == ["team/app"]


def test_the_same_image_may_be_pushed_to_its_own_name(tmp_path: Path) -> None:
    images = offered(tmp_path, view("app:1"))
    images.put_manifest("app", Stored(IMAGE.digest, IMAGE.media_type, IMAGE.manifest), tags=["1", "2"])
    assert images.tags("app") == ["1", "2"]
    with pytest.raises(Refusal, match="where tag and rmi change it"):
        images.untag("app", "1")
    images.untag("app", "2")
    assert images.tags("app") == ["1"]


ARM = tiny_image.image(tiny_image.layer({"arm": b"1"}), platform=Platform("linux", "arm64"))
BOTH = tiny_image.index(IMAGE, ARM)


def with_index(folder: Path, without: Digest | None = None) -> OfferedImages:
    content = DirectoryStore(folder / "content")
    for blob in (*BOTH.blobs.values(), BOTH.manifest, IMAGE.manifest, ARM.manifest):
        if Digest.of(blob) != without:
            content.write(blob)
    several = Reference.parse("several:1")
    pushed = FolderStorage(folder / "sharing", content)
    return OfferedImages(
        pushed, content, lambda: [view("several:1", "single:1")], ["*"],
        lambda name: load_index(content, BOTH.descriptor) if name == several else None,
    )  # fmt: skip


def test_a_name_of_an_index_is_offered_for_all_platforms(tmp_path: Path) -> None:
    images = with_index(tmp_path)
    assert images.resolve("several", "1") == BOTH.digest
    assert images.resolve("single", "1") == IMAGE.digest
    found = images.manifest("several", BOTH.digest)
    assert (found.content, found.media_type) == (BOTH.manifest, BOTH.media_type)
    for made in (IMAGE, ARM):
        assert images.manifest("several", made.digest).content == made.manifest
        assert images.blob("several", made.image_id).read_bytes() == made.config
    with pytest.raises(Refusal):
        images.manifest("single", ARM.digest)
    assert images.blob_size("single", ARM.image_id) is None
    images.put_manifest("several", Stored(BOTH.digest, BOTH.media_type, BOTH.manifest), tags=["1"])
    with pytest.raises(Refusal, match="where tag and rmi change it"):
        images.put_manifest("several", Stored(IMAGE.digest, IMAGE.media_type, IMAGE.manifest), tags=["1"])


def test_an_index_that_an_image_came_from_is_answered_by_its_digest(tmp_path: Path) -> None:
    library = "docker.io/library/app"
    pinned = view("app:1", "other:1", digests=(f"{library}@{BOTH.digest}", f"{library}@{IMAGE.digest}"))
    images = offered(tmp_path, pinned)
    assert not images.has_manifest("app", BOTH.digest), "its document is not here"
    DirectoryStore(tmp_path / "content").write(BOTH.manifest)
    found = images.manifest("app", BOTH.digest)
    assert (found.content, found.media_type) == (BOTH.manifest, BOTH.media_type)
    assert images.resolve("app", "1") == IMAGE.digest
    assert images.has_manifest("app", IMAGE.digest)
    assert not images.has_manifest("app", ARM.digest)
    assert not images.has_manifest("other", BOTH.digest), "it was not pulled under this name"


@pytest.mark.parametrize("gone", [ARM.image_id, BOTH.digest])
def test_an_index_that_is_not_whole_is_not_offered(tmp_path: Path, gone: Digest) -> None:
    images = with_index(tmp_path, without=gone)
    assert images.resolve("several", "1") == IMAGE.digest
    assert not images.has_manifest("several", BOTH.digest)
