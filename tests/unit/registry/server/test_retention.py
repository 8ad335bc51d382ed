"""Tests of registry.server.retention: which tags go, and what goes with them, in real folders."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from jupyter_containers.oci import media_types
from jupyter_containers.oci.digest import Digest
from jupyter_containers.registry.server.folder import MANIFESTS, FolderStorage
from jupyter_containers.registry.server.retention import Keeping, retain
from jupyter_containers.registry.server.storage import Stored
from tests.support import tiny_image
from tests.support.tiny_image import TinyImage

DAY = 24 * 3600
ONE, TWO, THREE = (tiny_image.image(tiny_image.layer({name: b"x"})) for name in ("one", "two", "three"))
NEWEST = Keeping(newest=1)
PUSHED = [("old", 0.0), ("newer", 5.0 * DAY), ("newest", 9.0 * DAY), ("also", 9.0 * DAY)]


@pytest.mark.parametrize(
    ("keeping", "gone"),
    [
        (Keeping(newest=1), ["newest", "newer", "old"]),
        (Keeping(newest=2), ["newer", "old"]),
        (Keeping(newest=9), []),
        (Keeping(days=5), ["old"]),
        (Keeping(days=4.9), ["newer", "old"]),
        (Keeping(newest=1, days=1), ["newer", "old"]),
        (Keeping(newest=3, days=0.1), ["old"]),
        (Keeping(newest=1, patterns=("n*",)), ["old"]),
        (Keeping(days=0.1, patterns=("old", "new")), ["newest", "also", "newer"]),
    ],
)
def test_a_tag_stays_for_any_of_its_reasons(keeping: Keeping, gone: list[str]) -> None:
    assert sorted(keeping.removes(PUSHED, now=10.0 * DAY)) == sorted(gone)


@pytest.fixture
def storage(tmp_path: Path) -> FolderStorage:
    return FolderStorage(tmp_path)


def put(storage: FolderStorage, image: TinyImage, *tags: str, at: float = 0.0, name: str = "app") -> Digest:
    """Push an image, and let its tags be as old as `at` seconds after the epoch."""
    stored = Stored(image.digest, image.media_type, image.manifest)
    storage.put_manifest(name, stored, tags=tags)
    for tag in tags:
        os.utime(storage._root / name / "_tags" / tag, (at, at))
    return image.digest


def put_referrer(storage: FolderStorage, subject: Digest, kind: str, *tags: str) -> Digest:
    content = json.dumps({"subject": str(subject), "kind": kind}).encode()
    document = {
        "schemaVersion": 2, "mediaType": media_types.OCI_MANIFEST, "layers": [], "artifactType": kind,
        "config": {"mediaType": "application/x", "digest": str(Digest.of(content)), "size": len(content)},
        "subject": {"mediaType": media_types.OCI_MANIFEST, "digest": str(subject), "size": 2},
    }  # fmt: skip
    body = json.dumps(document).encode()
    storage.put_manifest("app", Stored(Digest.of(body), media_types.OCI_MANIFEST, body), tags=tags, subject=subject)
    return Digest.of(body)


def manifests(storage: FolderStorage, name: str = "app") -> set[Digest]:
    return set(storage.digests(name, MANIFESTS))


def test_what_was_pushed_last_stays_with_its_image_and_each_repository_has_its_own_last(storage: FolderStorage) -> None:
    put(storage, ONE, "1", at=1)
    two = put(storage, TWO, "2", at=2)
    other = put(storage, ONE, "1", at=1, name="other/app")
    assert retain(storage, NEWEST) == ["app:1"]
    assert (storage.tags("app"), manifests(storage)) == (["2"], {two})
    assert (storage.tags("other/app"), manifests(storage, "other/app")) == (["1"], {other})
    assert retain(storage, NEWEST) == []


def test_an_image_with_another_tag_stays(storage: FolderStorage) -> None:
    one = put(storage, ONE, "1", at=1)
    put(storage, ONE, "latest", at=9)
    assert retain(storage, NEWEST) == ["app:1"]
    assert (storage.tags("app"), manifests(storage)) == (["latest"], {one})


def test_a_tag_that_was_pushed_again_is_new(storage: FolderStorage) -> None:
    put(storage, ONE, "1", at=1)
    put(storage, TWO, "2", at=2)
    put(storage, THREE, "1", at=3)
    assert retain(storage, NEWEST) == ["app:2"]
    # Nothing has said of the first image that it shall go: no tag led to it any more when the rule was carried out.
    assert manifests(storage) == {ONE.digest, THREE.digest}


def test_what_was_pushed_by_its_digest_alone_stays(storage: FolderStorage) -> None:
    one = put(storage, ONE)
    put(storage, TWO, "2", at=2)
    three = put(storage, THREE, "3", at=3)
    assert retain(storage, NEWEST) == ["app:2"]
    assert manifests(storage) == {one, three}


def test_what_an_index_without_a_tag_needs_stays(storage: FolderStorage) -> None:
    one, two = put(storage, ONE, "1", at=1), put(storage, TWO, "2", at=2)
    index = put(storage, tiny_image.index(ONE))
    assert retain(storage, NEWEST) == ["app:1"]
    assert manifests(storage) == {one, two, index}


def test_an_index_goes_with_its_images_but_for_those_that_something_else_needs(storage: FolderStorage) -> None:
    for image in (ONE, TWO, THREE):
        put(storage, image)
    put(storage, TWO, "two", at=5)
    old = put(storage, tiny_image.index(ONE, TWO, THREE), "old", at=1)
    new = put(storage, tiny_image.index(THREE, TWO), "new", at=6)
    assert retain(storage, Keeping(newest=2)) == ["app:old"]
    assert manifests(storage) == {TWO.digest, THREE.digest, new}
    assert old not in manifests(storage)


def test_what_refers_to_an_image_goes_with_it_and_what_refers_to_that(storage: FolderStorage) -> None:
    one, two = put(storage, ONE, "1", at=1), put(storage, TWO, "2", at=2)
    signature = put_referrer(storage, one, "application/signature")
    put_referrer(storage, signature, "application/countersignature")
    kept = put_referrer(storage, two, "application/signature")
    assert retain(storage, NEWEST) == ["app:1"]
    assert manifests(storage) == {two, kept}
    assert storage.referrers("app", one) == []


def test_the_tags_of_signatures_take_no_place_and_stay_as_long_as_what_they_sign(storage: FolderStorage) -> None:
    one, two = put(storage, ONE, "1", at=1), put(storage, TWO, "2", at=2)
    put(storage, tiny_image.index(), f"sha256-{one.hex}.sig", at=3)
    signature = put(storage, tiny_image.image(), f"sha256-{two.hex}.sig", at=0)
    assert retain(storage, NEWEST) == ["app:1", f"app:sha256-{one.hex}.sig"]
    assert storage.tags("app") == ["2", f"sha256-{two.hex}.sig"]
    assert manifests(storage) == {two, signature}


def test_a_repository_that_cannot_be_read_is_left_alone_and_others_are_not(storage: FolderStorage) -> None:
    for name in ("app", "other"):
        put(storage, ONE, "1", at=1, name=name)
        put(storage, TWO, "2", at=2, name=name)
    broken = b"{broken"
    storage.put_manifest("app", Stored(Digest.of(broken), media_types.OCI_MANIFEST, broken))
    assert retain(storage, NEWEST) == ["other:1"]
    assert storage.tags("app") == ["1", "2"]
