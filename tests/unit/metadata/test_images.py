from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_containers.metadata.database import Database
from jupyter_containers.metadata.images import ImageName, ImageRecord, ImageRecords, Images
from jupyter_containers.oci import media_types
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.digest import Digest
from jupyter_containers.oci.platform import Platform

NAME = "docker.io/library/busybox:latest"
ONE, TWO = Digest.of(b"1"), Digest.of(b"2")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "metadata.db")
    yield database
    database.close()


@pytest.fixture
def images(database: Database) -> Images:
    return Images(database)


@pytest.fixture
def records(database: Database) -> ImageRecords:
    return ImageRecords(database)


def target(content: bytes) -> Descriptor:
    return Descriptor(media_types.OCI_MANIFEST, Digest.of(content), len(content), platform=Platform("linux", "amd64"))


def record(image_id: Digest) -> ImageRecord:
    return ImageRecord(image_id, target(b"m"), "2024-01-01T00:00:00.123456789Z", 7)


def test_a_name_points_at_what_it_was_set_to(images: Images) -> None:
    images.set(NAME, target(b"m"), ONE)
    assert images.get(NAME) == ImageName(NAME, target(b"m"), ONE)
    assert images.get("docker.io/library/other:latest") is None


def test_setting_a_name_again_moves_it(images: Images) -> None:
    images.set(NAME, target(b"m"), ONE)
    images.set(NAME, target(b"n"), TWO)
    assert images.all() == [ImageName(NAME, target(b"n"), TWO)]
    assert images.names_of(ONE) == []


def test_one_image_may_have_several_names(images: Images) -> None:
    for name in ("b:1", "a:1", "c:1"):
        images.set(name, target(b"m"), ONE if name != "c:1" else TWO)
    assert [entry.name for entry in images.names_of(ONE)] == ["a:1", "b:1"]
    assert [entry.name for entry in images.all()] == ["a:1", "b:1", "c:1"]


def test_a_removed_name_is_gone_and_says_whether_it_was_there(images: Images) -> None:
    images.set(NAME, target(b"m"), ONE)
    assert [images.remove(NAME), images.remove(NAME)] == [True, False]
    assert images.get(NAME) is None


def test_a_record_comes_back_as_it_was(records: ImageRecords) -> None:
    full = ImageRecord(
        ONE,
        target(b"m"),
        created_at="2024-01-01T00:00:00.123456789Z",
        size=7,
        last_tagged_at="2024-01-02T00:00:00Z",
        parent_id=TWO,
        repo_digests=("docker.io/library/busybox@" + str(ONE),),
    )
    for written in (record(TWO), full):
        records.add(written)
        assert records.get(written.id) == written
    assert records.get(Digest.of(b"none")) is None
    assert {entry.id for entry in records.all()} == {ONE, TWO}


def test_adding_again_replaces(records: ImageRecords) -> None:
    records.add(record(ONE))
    newer = ImageRecord(ONE, target(b"n"), "x", 8)
    records.add(newer)
    assert records.all() == [newer]


def test_a_prefix_finds_one_or_shows_that_it_is_ambiguous(records: ImageRecords) -> None:
    ids = [Digest("sha256", text.ljust(64, "0")) for text in ("aa", "ab", "af", "b")]
    for image_id in ids:
        records.add(record(image_id))
    assert [entry.id for entry in records.with_prefix("aa")] == ids[:1]
    assert [entry.id for entry in records.with_prefix("af0")] == ids[2:3]
    assert len(records.with_prefix("a")) == 2
    assert [entry.id for entry in records.with_prefix("a", limit=9)] == ids[:3]
    assert records.with_prefix("c") == []
    assert [entry.id for entry in records.with_prefix(ids[3].hex)] == ids[3:]


def test_names_outlive_nothing_and_records_outlive_names(images: Images, records: ImageRecords) -> None:
    records.add(record(ONE))
    images.set(NAME, target(b"m"), ONE)
    images.remove(NAME)
    assert records.get(ONE) is not None
    assert [records.remove(ONE), records.remove(ONE)] == [True, False]
