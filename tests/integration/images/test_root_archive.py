"""The root of an image as a tar, from real snapshots."""

from __future__ import annotations

import io
import tarfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jupyter_containers.errors import Unsupported
from jupyter_containers.images.root_archive import write_root
from jupyter_containers.oci.media_types import HOST_LAYER
from tests.support.build_site import BuildSite

pytestmark = pytest.mark.needs("root", "overlay")


def test_files_are_as_the_layers_have_made_them(tmp_path: Path) -> None:
    site = BuildSite(tmp_path)
    try:
        image = site.build("FROM busybox\nRUN rm /etc/group; echo 1 > /f; chown 5:6 /f; chmod 4711 /f; ln /f /g\n")
        members = written(site, image)
        assert "etc/group" not in members
        assert (members["f"].mode, members["f"].uid, members["f"].gid, members["g"].linkname) == (0o4711, 5, 6, "f")
        assert {member.mtime for member in written(site, image, mtime_ns=7 * 10**9).values()} == {7}
        empty = site.build("FROM scratch\nLABEL a=b\n")
        assert written(site, empty) == {}
        host = replace(image, manifest=replace(image.manifest, layers=(replace(image.manifest.layers[0],
                       media_type=HOST_LAYER),)))  # fmt: skip
        with pytest.raises(Unsupported, match="copy what you need into a stage FROM scratch"):
            written(site, host)
        assert site.unfinished() == []
    finally:
        site.close()


def written(site: BuildSite, image: Any, mtime_ns: int | None = None) -> dict[str, tarfile.TarInfo]:
    buffer = io.BytesIO()
    write_root(image, site.content, site.snapshots, buffer.write, mtime_ns=mtime_ns)
    buffer.seek(0)
    with tarfile.open(fileobj=buffer) as tar:
        return {member.name: member for member in tar}
