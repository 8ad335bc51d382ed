from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_containers.content.store import DirectoryStore
from jupyter_containers.errors import InvalidParameter
from jupyter_containers.images import walk
from jupyter_containers.images.assemble import assemble, export_snapshot
from jupyter_containers.images.unpack import unpack
from jupyter_containers.oci.digest import Digest
from jupyter_containers.oci.image_config import History, ImageConfig, chain_ids
from jupyter_containers.oci.platform import host_platform
from jupyter_containers.snapshots.overlay import OverlaySnapshotter
from jupyter_containers.snapshots.plain import PlainSnapshotter
from jupyter_containers.snapshots.snapshotter import Snapshotter
from tests.support.memory_records import MemoryRecords
from tests.support.trees import listing


@pytest.fixture(params=[OverlaySnapshotter, PlainSnapshotter])
def snapshotter(request: pytest.FixtureRequest, tmp_path: Path) -> Snapshotter:
    made: Snapshotter = request.param(tmp_path / "s", MemoryRecords())
    return made


def upper(snapshotter: Snapshotter, key: str) -> Path:
    path = snapshotter.upper(key)
    assert path is not None
    return path


def test_exported_layers_assembled_are_an_image_that_unpacks_to_the_same(
    snapshotter: Snapshotter, tmp_path: Path
) -> None:
    content = DirectoryStore(tmp_path / "content")
    config, layers, parent = ImageConfig(platform=host_platform()), [], None
    for number in (1, 2):
        snapshotter.prepare("k", parent)
        (upper(snapshotter, "k") / f"f{number}").write_text("text")
        layer, diff_id = export_snapshot(content, snapshotter, "k")
        config = config.with_layer(diff_id, History(created_by=f"step {number}"))
        layers.append(layer)
        parent = str(chain_ids(config.diff_ids)[-1])
        snapshotter.commit(parent, "k")
    image = assemble(content, config, layers)
    assert walk.load(content, image.descriptor) == image
    assert content.read(image.config_digest) == config.to_bytes()
    assert unpack(image, content, snapshotter) == parent
    again = PlainSnapshotter(tmp_path / "again", MemoryRecords())
    unpack(image, content, again)
    assert listing(upper(again, image.top)) == {"f1": "text", "f2": "text"}


def test_the_same_snapshot_exported_twice_is_one_blob(snapshotter: Snapshotter, tmp_path: Path) -> None:
    content = DirectoryStore(tmp_path / "content")
    snapshotter.prepare("k")
    assert export_snapshot(content, snapshotter, "k") == export_snapshot(content, snapshotter, "k")
    assert len(list(content)) == 1


def test_a_view_cannot_be_exported(snapshotter: Snapshotter, tmp_path: Path) -> None:
    snapshotter.view("v")
    with pytest.raises(InvalidParameter, match="no files of its own"):
        export_snapshot(DirectoryStore(tmp_path / "content"), snapshotter, "v")


def test_as_many_layers_as_diff_ids(tmp_path: Path) -> None:
    config = ImageConfig(platform=host_platform(), diff_ids=(Digest.of(b""),))
    with pytest.raises(InvalidParameter, match="0 layers cannot have 1 diff ids"):
        assemble(DirectoryStore(tmp_path), config, [])
