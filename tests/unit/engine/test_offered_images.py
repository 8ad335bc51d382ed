"""Tests of engine.offered_images: which names are offered, and as what."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_containers.content.store import DirectoryStore
from jupyter_containers.engine.offered_images import OfferedImages
from jupyter_containers.oci.manifest import Manifest, parse_manifest
from jupyter_containers.oci.reference import Reference
from jupyter_containers.registry.server.folder import FolderStorage
from jupyter_containers.registry.server.refusals import Refusal
from jupyter_containers.registry.server.storage import Stored
from tests.support import tiny_image

IMAGE = tiny_image.image(tiny_image.layer({"a": b"1"}))


def view(*names: str, is_host: bool = False) -> Any:
    manifest = parse_manifest(IMAGE.manifest)
    assert isinstance(manifest, Manifest)
    image = SimpleNamespace(manifest=manifest, descriptor=IMAGE.descriptor, is_host=is_host)
    return SimpleNamespace(id=IMAGE.image_id, image=image, names=tuple(map(Reference.parse, names)))


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
