from __future__ import annotations

import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from jupyter_containers.client.build_layouts import Layout, whole
from jupyter_containers.errors import InvalidParameter

TAG = "org.opencontainers.image.ref.name"
INDEX = "application/vnd.oci.image.index.v1+json"


def blob(folder: Path, content: bytes) -> str:
    name = hashlib.sha256(content).hexdigest()
    (folder / "blobs" / "sha256").mkdir(parents=True, exist_ok=True)
    (folder / "blobs" / "sha256" / name).write_bytes(content)
    return f"sha256:{name}"


def document(folder: Path, **fields: Any) -> str:
    return blob(folder, json.dumps(fields).encode())


def index(folder: Path, *entries: dict[str, Any]) -> None:
    (folder / "index.json").write_text(json.dumps({"manifests": entries}))


def names(layout: Layout) -> list[str]:
    with tarfile.open(fileobj=io.BytesIO(b"".join(layout.chunks()))) as tar:
        return [member.name.removeprefix("blobs/").replace("/", ":") for member in tar]


def test_places_are_read_as_people_write_them(tmp_path: Path) -> None:
    digest = "sha256:" + "a" * 64
    assert Layout.parse("x/y", tmp_path) == Layout(tmp_path / "x/y", "latest")
    assert Layout.parse("/x:1/y:t", tmp_path) == Layout(Path("/x:1/y"), "t")
    assert Layout.parse("/x:1/y", tmp_path) == Layout(Path("/x:1/y"), "latest")
    assert Layout.parse(f"y@{digest}", tmp_path) == Layout(tmp_path / "y", "latest", digest)


@pytest.mark.parametrize("text", ["", ":t", "x:", "x@", "x@sha256:12", "x@t"])
def test_what_is_no_place_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InvalidParameter, match="invalid context oci-layout://"):
        Layout.parse(text, tmp_path)


def test_one_image_is_sent_and_has_no_name(tmp_path: Path) -> None:
    config, layer = blob(tmp_path, b"{}"), blob(tmp_path, b"layer")
    first = document(tmp_path, config={"digest": config}, layers=[{"digest": layer}, {"digest": layer}])
    other = document(tmp_path, config={"digest": config}, layers=[])
    index(tmp_path, {"digest": first, "annotations": {TAG: "a"}}, {"digest": other, "annotations": {TAG: "b"}})
    assert names(Layout(tmp_path, "a")) == ["oci-layout", "index.json", first, config, layer]
    assert names(Layout(tmp_path, digest=other)) == ["oci-layout", "index.json", other, config]
    assert TAG.encode() not in b"".join(Layout(tmp_path, "a").chunks())


def test_an_index_has_all_that_is_below_it(tmp_path: Path) -> None:
    config = blob(tmp_path, b"{}")
    manifest = document(tmp_path, config={"digest": config})
    platforms = document(tmp_path, manifests=[{"digest": manifest}])
    index(tmp_path, {"digest": platforms, "mediaType": INDEX, "annotations": {TAG: "latest"}})
    assert names(Layout(tmp_path))[2:] == [platforms, manifest, config]


def test_indexes_that_stand_in_each_other_have_an_end(tmp_path: Path) -> None:
    below = document(tmp_path, manifests=[])
    for _ in range(6):
        below = document(tmp_path, manifests=[{"digest": below, "mediaType": INDEX}])
    index(tmp_path, {"digest": below, "mediaType": INDEX, "annotations": {TAG: "latest"}})
    with pytest.raises(InvalidParameter, match="more than 4 indexes"):
        names(Layout(tmp_path))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is no OCI layout: index.json"), ("[]", "no object"), ("{}", "has no image latest"),
        (json.dumps({"manifests": [{"digest": "sha256:../x", "annotations": {TAG: "latest"}}]}), "is no digest"),
        (json.dumps({"manifests": [{"digest": "sha256:" + "a" * 64, "annotations": {TAG: "latest"}}]}), "No such file"),
    ],
)  # fmt: skip
def test_what_is_no_layout_is_told(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "index.json").write_text(text)
    with pytest.raises(InvalidParameter, match=message):
        names(Layout(tmp_path))


def test_a_layer_that_is_missing_is_told(tmp_path: Path) -> None:
    manifest = document(tmp_path, layers=[{"digest": "sha256:" + "b" * 64}])
    index(tmp_path, {"digest": manifest, "annotations": {TAG: "latest"}})
    with pytest.raises(InvalidParameter, match="is not whole: sha256:bbb"):
        names(Layout(tmp_path))


def test_a_whole_folder_is_a_tar_with_all_that_it_has(tmp_path: Path) -> None:
    one, two = blob(tmp_path, b"one"), blob(tmp_path, b"two")
    index(tmp_path, {"digest": one, "annotations": {TAG: "1"}})
    (tmp_path / "manifest.json").write_text("[]")
    with tarfile.open(fileobj=io.BytesIO(b"".join(whole(tmp_path)))) as tar:
        found = {member.name: (tar.extractfile(member) or io.BytesIO()).read() for member in tar}
    assert json.loads(found.pop("index.json"))["manifests"][0]["annotations"] == {TAG: "1"}
    assert json.loads(found.pop("oci-layout")) == {"imageLayoutVersion": "1.0.0"}
    blobs = {f"blobs/{digest.replace(':', '/')}": text for digest, text in ((one, b"one"), (two, b"two"))}
    assert found == {**blobs, "manifest.json": b"[]"}


def test_a_folder_that_is_no_layout_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match=r"is no OCI layout: index\.json"):
        b"".join(whole(tmp_path))
