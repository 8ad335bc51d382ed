"""Layers written again so that nothing in them is younger than a moment."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from jupyter_containers.content.store import DirectoryStore
from jupyter_containers.errors import Cancelled
from jupyter_containers.images.retiming import clamped, retimed
from jupyter_containers.oci import media_types
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.digest import Digest


@pytest.fixture
def content(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore(tmp_path / "content")


def stored(content: DirectoryStore, times: dict[str, int]) -> Descriptor:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, mtime in times.items():
            member = tarfile.TarInfo(name)
            member.mtime, member.size, member.mode = mtime, len(name), 0o751
            tar.addfile(member, io.BytesIO(name.encode()))
    digest = content.write(out.getvalue())
    return Descriptor(media_types.OCI_LAYER_GZIP, digest, content.size(digest))


def test_later_times_become_the_moment_and_all_else_stays(content: DirectoryStore) -> None:
    layer, diff_id = retimed(content, stored(content, {"old": 5, "new": 2_000_000_000, "n" * 200: 11}), 10)
    assert (layer.media_type, layer.size) == (media_types.OCI_LAYER, content.size(diff_id))
    with content.open(diff_id) as blob, tarfile.open(fileobj=blob) as tar:
        found = [(m.name, m.mtime, m.mode, tar.extractfile(m).read()) for m in tar]  # type: ignore[union-attr]
    assert found == [("old", 5, 0o751, b"old"), ("new", 10, 0o751, b"new"), ("n" * 200, 10, 0o751, b"n" * 200)]


def test_the_same_files_at_other_times_become_the_same_layer(content: DirectoryStore) -> None:
    one, two = stored(content, {"a": 100, "b": 101}), stored(content, {"a": 200, "b": 201})
    assert one.digest != two.digest
    assert retimed(content, one, 50) == retimed(content, two, 50)
    assert retimed(content, one, 150) != retimed(content, two, 150)


def test_stopping_leaves_nothing(content: DirectoryStore) -> None:
    layer = stored(content, {"a": 100})

    def stop() -> None:
        raise Cancelled("enough")

    with pytest.raises(Cancelled):
        retimed(content, layer, 50, check=stop)
    assert list(content) == [Digest.of(content.read(layer.digest))]


def test_times_of_configs_are_clamped() -> None:
    assert clamped("2024-01-01T00:00:00Z", 10, "then") == "then"
    assert clamped("1970-01-01T00:00:10Z", 10, "then") == "1970-01-01T00:00:10Z"
    assert clamped("1970-01-01T00:00:10.5Z", 10, "then") == "then"
