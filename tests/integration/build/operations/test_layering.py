from __future__ import annotations

import os
import tarfile
from pathlib import Path

import pytest

from jupyter_containers.build.filesystem import Filesystem
from jupyter_containers.build.operations.layering import Stores
from tests.support.build_site import BuildSite

pytestmark = pytest.mark.needs("root", "overlay")


def write(stores: Stores, key: str, parent: Filesystem, name: str, content: str = "x") -> Filesystem:
    def work() -> None:
        with stores.snapshotter.mounted(key) as root:
            Path(root / name).write_text(content)
            Path(root / name).touch()

    return parent.with_layer(stores.change(key, parent, work))


def test_a_change_becomes_a_layer_and_a_snapshot_of_its_chain_id(site: BuildSite) -> None:
    stores = Stores(site.content, site.snapshots)
    made = write(stores, "k", Filesystem(), "file")
    assert site.snapshots.stat(made.chain).kind == "committed"
    with tarfile.open(site.content.path(made.layers[0].descriptor.digest)) as tar:
        assert tar.getnames() == ["file"]
    top = write(stores, "k", made, "other")
    assert site.snapshots.stat(top.chain).parent == made.chain


def test_no_change_leaves_no_snapshot(site: BuildSite) -> None:
    stores = Stores(site.content, site.snapshots)
    before = [record.key for record in site.snapshots.walk()]
    assert stores.change("k", Filesystem(), lambda: None) is None
    assert [record.key for record in site.snapshots.walk()] == before


def test_the_same_result_twice_stands_once(site: BuildSite) -> None:
    stores = Stores(site.content, site.snapshots)

    def work() -> None:
        with stores.snapshotter.mounted("k") as root:
            (root / "link").symlink_to("x")
            os.utime(root / "link", (1, 1), follow_symlinks=False)

    first, second = (stores.change("k", Filesystem(), work) for _ in range(2))
    assert first == second
    assert len(list(site.snapshots.walk())) == 1


def test_work_that_fails_leaves_nothing(site: BuildSite) -> None:
    stores = Stores(site.content, site.snapshots)

    def work() -> None:
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError):
        stores.change("k", Filesystem(), work)
    assert not site.snapshots.exists("k")
    stores.discard("k")
