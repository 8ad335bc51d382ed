"""Tests of client.layout_tar."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest

from jupyter_containers.client import layout_tar
from jupyter_containers.errors import InvalidParameter


def test_what_is_sent_is_a_tar_of_the_parts(tmp_path: Path) -> None:
    path = tmp_path / "blobs" / "sha256" / "ab"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"x" * 700)
    parts = [layout_tar.document("index.json", {"a": 1}), *layout_tar.blob(tmp_path, path, "it"), layout_tar.END]
    with tarfile.open(fileobj=io.BytesIO(b"".join(parts))) as archive:
        found = {member.name: archive.extractfile(member) for member in archive}
        contents = {name: file.read() for name, file in found.items() if file is not None}
    assert json.loads(contents.pop("index.json")) == {"a": 1}
    assert contents == {"blobs/sha256/ab": b"x" * 700}


def test_a_blob_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match=rf"the cache in {tmp_path} is not whole: sha256:ab: No such file"):
        list(layout_tar.blob(tmp_path, tmp_path / "blobs" / "sha256" / "ab", "the cache"))
