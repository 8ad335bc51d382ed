"""Stacks of layers as overlayfs shows them, beside the same layers applied to one folder: both must be one tree."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jupyter_containers.content.store import DirectoryStore
from jupyter_containers.errors import InvalidParameter
from jupyter_containers.images.assemble import assemble
from jupyter_containers.images.unpack import unpack
from jupyter_containers.images.walk import Image
from jupyter_containers.layers.member import Kind, Member
from jupyter_containers.oci import media_types
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.image_config import ImageConfig
from jupyter_containers.oci.platform import host_platform
from jupyter_containers.snapshots.overlay import OverlaySnapshotter
from jupyter_containers.snapshots.plain import PlainSnapshotter
from jupyter_containers.snapshots.snapshotter import Snapshotter
from tests.support.memory_records import MemoryRecords
from tests.support.private_mounts import in_private_mounts
from tests.support.trees import file, folder, listing, symlink, tar

pytestmark = pytest.mark.needs("root", "overlay")

Members = list[tuple[Member, bytes]]


def image_of(content: DirectoryStore, *layers: Members) -> Image:
    blobs = [tar(*members) for members in layers]
    digests = tuple(content.write(blob) for blob in blobs)
    config = ImageConfig(platform=host_platform(), diff_ids=digests)
    described = [Descriptor(media_types.OCI_LAYER, d, len(blob)) for d, blob in zip(digests, blobs, strict=True)]
    return assemble(content, config, described)


def seen(snapshotter: Snapshotter, image: Image, content: DirectoryStore) -> dict[str, str] | None:
    try:
        top = unpack(image, content, snapshotter)
    except InvalidParameter:
        return None
    with snapshotter.mounted(top) as path:
        return listing(path)


def both(top: Path, *layers: Members) -> tuple[dict[str, str] | None, dict[str, str] | None]:
    content = DirectoryStore(top / "content")
    image = image_of(content, *layers)
    overlay = OverlaySnapshotter(top / "overlay", MemoryRecords())
    plain = PlainSnapshotter(top / "plain", MemoryRecords())
    return in_private_mounts(lambda: (seen(overlay, image, content), seen(plain, image, content)))


BASE = [folder(b"a"), file(b"a/x", b"1"), file(b"a/y", b"1"), folder(b"b/c"), file(b"b/c/z", b"1"), file(b"f", b"1")]


@pytest.mark.parametrize(
    ("second", "left"),
    [
        ([file(b"a/.wh.x")], {"a": "dir", "a/y": "1"}),
        ([file(b"a/.wh..wh..opq"), file(b"a/n", b"2")], {"a": "dir", "a/n": "2"}),
        ([file(b"a/n", b"2"), file(b"a/.wh..wh..opq")], {"a": "dir", "a/n": "2"}),
        ([file(b".wh.a"), folder(b"a"), file(b"a/n", b"2")], {"a": "dir", "a/n": "2"}),
        ([folder(b"a"), file(b"a/n", b"2"), file(b".wh.a")], {"a": "dir", "a/n": "2"}),
        ([file(b".wh.a"), file(b"a", b"now a file")], {"a": "now a file"}),
        ([file(b"a", b"now a file")], {"a": "now a file"}),
        ([file(b".wh.a"), file(b"a/n/m", b"2")], {"a": "dir", "a/n": "dir", "a/n/m": "2"}),
        ([symlink(b"a", b"b")], {"a": "-> b"}),
        ([file(b".wh.a")], {}),
    ],
)
def test_a_whiteout_hides_what_lies_below_and_nothing_of_its_own_layer(
    tmp_path: Path, second: Members, left: dict[str, str]
) -> None:
    overlay, plain = both(tmp_path, BASE, second)
    assert overlay == plain == left | {"b": "dir", "b/c": "dir", "b/c/z": "1", "f": "1"}


def test_an_opaque_root_hides_all_layers_below(tmp_path: Path) -> None:
    """dockerd 20.10 and containerd let everything shine through here: overlayfs ignores the mark on the root."""
    overlay, plain = both(tmp_path, BASE, [file(b".wh..wh..opq"), file(b"n", b"2")], [file(b"m", b"3")])
    assert overlay == plain == {"m": "3", "n": "2"}


_PART = st.sampled_from([b"a", b"b", b"c"])
_PATH = st.lists(_PART, min_size=1, max_size=3).map(b"/".join)


@st.composite
def _member(draw: st.DrawFn) -> tuple[Member, bytes]:
    path = draw(_PATH)
    what = draw(st.sampled_from(["file", "folder", "whiteout", "opaque", "fifo"]))
    if what == "file":
        return file(path, draw(st.binary(max_size=3)))
    if what == "folder":
        return folder(path)
    if what == "fifo":
        return Member(path, Kind.FIFO), b""
    parent, slash, name = path.rpartition(b"/")
    return file(parent + slash + b".wh." + name) if what == "whiteout" else file(path + b"/.wh..wh..opq")


# A name twice in one layer is a case of its own: what was replaced on the way is nobody's business.
_LAYER = st.lists(_member(), max_size=6, unique_by=lambda entry: entry[0].name)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(_LAYER, min_size=1, max_size=4))
def test_overlayfs_shows_what_applying_all_to_one_folder_gives(layers: list[Members]) -> None:
    with tempfile.TemporaryDirectory() as name:
        overlay, plain = both(Path(name), *layers)
        assert overlay == plain
