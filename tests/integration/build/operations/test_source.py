from __future__ import annotations

import asyncio

import pytest

from jupyter_containers.build.filesystem import Filesystem
from jupyter_containers.build.operations import source
from jupyter_containers.build.operations.definitions import ImageRoot
from jupyter_containers.build.operations.layering import Stores
from tests.support.build_site import BuildSite

pytestmark = pytest.mark.needs("root", "overlay")


def test_the_layers_of_an_image_are_unpacked_once(site: BuildSite) -> None:
    image = site.images["busybox"]
    stores = Stores(site.content, site.snapshots)
    assert not site.snapshots.exists(image.top)
    made = asyncio.run(source.unpack_root(stores, ImageRoot(image)))
    assert made.chain == image.top
    assert [layer.descriptor for layer in made.layers] == list(image.manifest.layers)
    assert site.snapshots.exists(image.top)
    assert asyncio.run(source.unpack_root(stores, ImageRoot(image))) == made


def test_scratch_is_nothing(site: BuildSite) -> None:
    assert asyncio.run(source.unpack_root(Stores(site.content, site.snapshots), ImageRoot(None))) == Filesystem()
