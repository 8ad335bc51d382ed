"""Tests of daemon.storage.images."""

from __future__ import annotations

from pathlib import Path

from jupyter_containers.daemon.storage import images
from jupyter_containers.daemon.storage.store import Store
from jupyter_containers.metadata.images import ImageRecord
from jupyter_containers.oci.platform import Platform
from tests.support import tiny_image
from tests.support.resting_store import resting_store

LAYER = tiny_image.layer({"file": b"four"})
IMAGE = tiny_image.image(LAYER)


def add(store: Store) -> None:
    """Bring the image in, packed, with a name."""
    for content in IMAGE.blobs.values():
        store.content.write(content)
    store.content.write(IMAGE.manifest)
    store.image_records.add(ImageRecord(IMAGE.image_id, IMAGE.descriptor, "2020-01-01T00:00:00Z", 4))
    store.image_names.set("a.b/c:1", IMAGE.descriptor, IMAGE.image_id)


def problems(store: Store) -> list[str]:
    return [finding.problem for finding in images.check(store)]


def test_a_layer_that_is_not_unpacked_is_promised(tmp_path: Path) -> None:
    with resting_store(tmp_path) as store:
        add(store)
        assert problems(store) == ["1 of 1 layers are not unpacked"]
        assert store.promised == {str(LAYER.diff_id)}


def test_an_image_whose_layer_is_nowhere_is_forgotten_with_its_names(tmp_path: Path) -> None:
    with resting_store(tmp_path) as store:
        add(store)
        store.content.delete(LAYER.descriptor.digest)
        (finding,) = images.check(store)
        assert "is missing, unpacked as well as packed" in finding.problem
        assert finding.mend is not None
        finding.mend()
        assert store.image_records.all() == []
        assert store.image_names.all() == []


def test_an_index_that_is_not_whole_is_given_up_for_the_image(tmp_path: Path) -> None:
    other = tiny_image.image(tiny_image.layer({"other": b""}), platform=Platform("linux", "arm64"))
    index = tiny_image.index(IMAGE, other)
    with resting_store(tmp_path) as store:
        add(store)
        for content in (index.manifest, other.manifest, *index.blobs.values()):
            store.content.write(content)
        store.image_names.set("a.b/c:1", index.descriptor, IMAGE.image_id)
        assert problems(store) == ["1 of 1 layers are not unpacked"]
        store.content.delete(other.layers[0].descriptor.digest)
        finding = next(images.check(store))
        assert finding.problem == "linux/arm64 is missing in its index"
        assert finding.mend is not None
        finding.mend()
        (name,) = store.image_names.all()
        assert name.target == IMAGE.descriptor


def test_a_damaged_config_and_a_name_that_points_nowhere(tmp_path: Path) -> None:
    with resting_store(tmp_path) as store:
        add(store)
        store.content.delete(IMAGE.image_id)
        assert problems(store) == [f"cannot be used: no blob {IMAGE.image_id} in the content store"]
        store.image_records.remove(IMAGE.image_id)
        assert problems(store) == [f"points at {IMAGE.image_id}, which is not here"]
