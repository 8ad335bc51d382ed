from __future__ import annotations

import asyncio
import tarfile
from pathlib import Path

import pytest

from jupyter_containers.build.context import Context
from jupyter_containers.build.filesystem import Filesystem
from jupyter_containers.build.operations import files
from jupyter_containers.build.operations.definitions import CopyFiles
from jupyter_containers.build.operations.layering import Stores
from tests.support.build_site import BuildSite

pytestmark = pytest.mark.needs("root", "overlay")


def added(site: BuildSite, context: Path, name: str) -> list[str]:
    operation = CopyFiles((name,), "/d/", unpacks=True, word="ADD")
    stores = Stores(site.content, site.snapshots)
    layer = asyncio.run(files.copy_files(stores, operation, Filesystem(), Context(context)))
    with site.snapshots.mounted(Filesystem().with_layer(layer).chain, read_only=True) as root:
        return sorted(path.relative_to(root / "d").as_posix() for path in (root / "d").rglob("*"))


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_archives_are_unpacked_in_every_compression(site: BuildSite, mode: str) -> None:
    context = site.context({"file": "content"})
    with tarfile.open(context / "a", mode) as tar:
        tar.add(context / "file", "inner/file")
    assert added(site, context, "a") == ["inner", "inner/file"]


@pytest.mark.parametrize("content", [b"", b"text", bytes(2048), b"\x1f\x8b broken gzip", b"ustar" * 1000, b"7" * 1024])
def test_what_is_no_archive_is_copied(site: BuildSite, content: bytes) -> None:
    context = site.context({})
    (context / "a.tar").write_bytes(content)
    assert added(site, context, "a.tar") == ["a.tar"]


def test_a_folder_is_copied_with_archives_in_it_left_alone(site: BuildSite) -> None:
    context = site.context({"folder/file": "x"})
    with tarfile.open(context / "folder/a.tar", "w") as tar:
        tar.add(context / "folder/file", "inner")
    assert added(site, context, "folder") == ["a.tar", "file"]
