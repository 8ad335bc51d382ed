"""The host image, looked at from inside a mounted snapshot of it."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from jupyter_containers.content.store import DirectoryStore
from jupyter_containers.errors import InvalidParameter, Unsupported
from jupyter_containers.images import walk
from jupyter_containers.images.assemble import export_snapshot
from jupyter_containers.images.host import host_image, make_snapshot
from jupyter_containers.images.host_masks import MASKS, VISIBLE_AT_TOP, Treatment
from jupyter_containers.images.unpack import unpack
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.snapshots.overlay import OverlaySnapshotter
from jupyter_containers.snapshots.plain import PlainSnapshotter
from tests.support import tiny_image
from tests.support.memory_records import MemoryRecords
from tests.support.private_mounts import in_private_mounts

pytestmark = pytest.mark.needs("root", "overlay")


@pytest.fixture
def content(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore(tmp_path / "content")


@pytest.fixture
def snapshotter(tmp_path: Path) -> OverlaySnapshotter:
    return OverlaySnapshotter(tmp_path / "snapshots", MemoryRecords())


def made_up(tmp_path: Path) -> Path:
    """Return a root with one secret in each place that the table names, and some programs."""
    root = tmp_path / "root"
    for mask in MASKS:
        place = root / mask.path.replace("*", "any").lstrip("/")
        if mask.treatment is Treatment.EMPTY:
            place.mkdir(parents=True)
            place = place / "secret"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("root:secret:1:2:3:::\nann:!secret:1::::\n")
    for folder in (
        "root",
        "home/ann/.ssh",
        "tmp",
        "run",
        "dev",
        "var/lib/docker",
        "srv/work",
        "data",
    ):
        (root / folder).mkdir(parents=True, exist_ok=True)
        (root / folder / "secret").write_text("secret")
    (root / "tmp").chmod(0o1777)
    (root / "home/ann/venv/bin").mkdir(parents=True)
    (root / "home/ann/venv/bin/python").write_text("program")
    (root / "usr/bin").mkdir(parents=True)
    (root / "usr/bin/sh").write_text("program")
    (root / "var/lib/dpkg").mkdir(parents=True)
    (root / "var/lib/dpkg/status").write_text("packages")
    return root


def test_no_secret_of_the_table_is_seen_inside(
    content: DirectoryStore, snapshotter: OverlaySnapshotter, tmp_path: Path
) -> None:
    root = made_up(tmp_path)
    image = host_image(content, snapshotter, root=root, prefixes=[Path("/home/ann/venv")], hidden=[Path("/usr/ours")])
    snapshotter.prepare("c", image.top)

    def look() -> tuple[list[str], dict[str, str], int]:
        with snapshotter.mounted("c") as path:
            texts = {str(place.relative_to(path)): place.read_text() for place in path.rglob("*") if place.is_file()}
            listed = [str(place.relative_to(path)) for place in path.rglob("*")]
            return listed, texts, (path / "tmp").stat().st_mode & 0o7777

    listed, texts, mode_of_tmp = in_private_mounts(look)
    assert not [name for name, text in texts.items() if "secret" in text or "secret" in name]
    assert texts["etc/shadow"] == "root:*:::::::\nann:*:::::::\n"
    assert {"home/ann/venv/bin/python", "usr/bin/sh", "var/lib/dpkg/status", "root", "tmp", "dev"} <= set(listed)
    assert not {"data", "home/ann/.ssh", "var/lib/docker", "srv/work"} & set(listed)
    assert mode_of_tmp == 0o1777


def test_this_machine_is_a_usable_image_without_its_secrets(
    content: DirectoryStore, snapshotter: OverlaySnapshotter, tmp_path: Path
) -> None:
    image = host_image(content, snapshotter, hidden=[tmp_path])
    snapshotter.prepare("c", image.top)
    secret = Path("/etc") / f"jc-test-{os.getpid()}-key"

    def look() -> tuple[list[str], str, dict[str, bool], list[str]]:
        with snapshotter.mounted("c") as path:
            run = subprocess.run(
                ["chroot", path, sys.executable, "-c", "import sys, json; print(json.dumps(sys.prefix))"],
                capture_output=True, text=True, check=True, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
            )  # fmt: skip
            seen = {
                "ours": (path / str(tmp_path).lstrip("/")).exists(),
                "hashes": any(":$" in line for line in (path / "etc/shadow").read_text().splitlines()),
                "etc": (path / "etc/passwd").exists(),
            }
            files = [place for place in (path / "etc").rglob("*") if place.is_file() and not place.is_symlink()]
            closed = [place.name for place in files if not place.stat().st_mode & stat.S_IROTH]
            unreadable = [name for name in closed if name not in ("shadow", "gshadow")]
            (path / "etc" / secret.name).write_text("written inside")
            return sorted(os.listdir(path)), run.stdout, seen, unreadable

    top, output, seen, unreadable = in_private_mounts(look)
    assert json.loads(output) == sys.prefix
    assert seen == {"ours": False, "hashes": False, "etc": True}
    assert unreadable == []
    assert not secret.exists()
    expected_empty = {"boot", "dev", "home", "media", "mnt", "proc", "root", "run", "srv", "sys", "tmp"}
    # Rule 3: the notebook's Python is shown wherever it is installed, here perhaps in an unknown folder at the top.
    assert set(top) <= set(VISIBLE_AT_TOP) | expected_empty | {Path(sys.prefix).parts[1]}


def test_the_image_is_one_like_others_to_build_on(
    content: DirectoryStore, snapshotter: OverlaySnapshotter, tmp_path: Path
) -> None:
    image = host_image(content, snapshotter, hidden=[tmp_path])
    assert walk.load(content, image.descriptor) == image
    assert image.is_host
    assert not any("TOKEN" in entry for entry in image.config.process.env)
    snapshotter.prepare("k", image.top)

    def build() -> tuple[Descriptor, str]:
        with snapshotter.mounted("k") as path:
            (path / "greeting").write_text("hi")
            (path / "etc/hostname").unlink(missing_ok=True)
        snapshotter_layer, _ = export_snapshot(content, snapshotter, "k")
        snapshotter.commit("child", "k")
        with snapshotter.mounted("child") as path:
            return snapshotter_layer, (path / "greeting").read_text()

    layer, greeting = in_private_mounts(build)
    assert greeting == "hi"
    assert layer.size < 100_000


def test_the_same_host_gives_the_same_image_and_a_lost_snapshot_comes_back(
    content: DirectoryStore, snapshotter: OverlaySnapshotter, tmp_path: Path
) -> None:
    image = host_image(content, snapshotter, hidden=[tmp_path])
    assert host_image(content, snapshotter, hidden=[tmp_path]) == image
    assert host_image(content, snapshotter, hidden=[tmp_path, Path("/opt")]).config_digest != image.config_digest
    snapshotter.remove(image.top)
    assert unpack(image, content, snapshotter) == image.top
    assert snapshotter.exists(image.top)


def test_it_needs_overlayfs_and_a_blob_that_makes_sense(content: DirectoryStore, tmp_path: Path) -> None:
    plain = PlainSnapshotter(tmp_path / "plain", MemoryRecords())
    with pytest.raises(Unsupported, match="needs overlayfs"):
        host_image(content, plain)
    overlay = OverlaySnapshotter(tmp_path / "overlay", MemoryRecords())
    for blob in (b"tar", b"{}", b'{"version": 1, "root": "/", "decisions": {"/../x": "absent"}}'):
        with pytest.raises(InvalidParameter):
            make_snapshot(blob, "name", overlay)
    assert list(overlay.walk()) == []


def test_no_other_image_gets_the_host_s_snapshot_by_promising_its_layer(
    content: DirectoryStore, snapshotter: OverlaySnapshotter, tmp_path: Path
) -> None:
    """A registry's image may list any diff id; a snapshot that is there is used without looking at the layer."""
    host = host_image(content, snapshotter, hidden=[tmp_path])
    more = tiny_image.layer({"new": b"1"})
    for layers in ((more,), (more, more)):
        made = tiny_image.image(*layers, diff_ids=(*host.config.diff_ids, more.diff_id)[: len(layers)])
        for blob in (made.manifest, *made.blobs.values()):
            content.write(blob)
        with pytest.raises(InvalidParameter, match="the host's own root"):
            unpack(walk.load(content, made.descriptor, tiny_image.AMD64), content, snapshotter)
