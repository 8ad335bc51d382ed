from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_containers.client.build_caches import Cache, chunks, parse, receive
from jupyter_containers.errors import InvalidParameter, Unavailable
from tests.support.tiny_image import tar_of

TAG = "org.opencontainers.image.ref.name"


def layout(folder: Path, tag: str, *blobs: str) -> None:
    """Give a folder a cache; the last of its blobs is its manifest, and lists the others."""
    manifest = {
        "config": {"digest": f"sha256:{blobs[0]}"},
        "layers": [{"digest": f"sha256:{name}"} for name in blobs[1:-1]],
    }
    files = {f"blobs/sha256/{name}": name.encode() for name in blobs[:-1]}
    files[f"blobs/sha256/{blobs[-1]}"] = json.dumps(manifest).encode()
    files["index.json"] = json.dumps({"manifests": [{"digest": f"sha256:{blobs[-1]}", "size": 1}]}).encode()
    receive(Cache("local", folder=folder, tag=tag), iter([tar_of(files)]))


def test_caches_are_read_as_people_write_them() -> None:
    assert parse("a/b:c", place="src") == Cache("registry", {"ref": "a/b:c"})
    assert parse("type=registry,ref=a,mode=max", place="dest") == Cache("registry", {"ref": "a", "mode": "max"})
    assert parse("type=local,src=x,tag=t", place="src") == Cache("local", {}, Path("x"), "t")
    assert parse("type=local,src=x,digest=sha256:1", place="src").digest == "sha256:1"
    assert parse("type=local,dest=~/x,mode=max", place="dest").below(Path("/y")).folder == Path("~/x").expanduser()
    assert parse("type=inline", place="dest").to_wire() == {"Type": "inline", "Attrs": {}}


def test_an_image_alone_is_what_docker_knows_too() -> None:
    texts = ("a", "type=registry,ref=a", "type=registry,ref=a,x=y", "type=inline")
    assert [parse(text, place="src").image for text in texts] == ["a", "a", "", ""]


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "empty"), ("ref=a", "type is required"), ("type=local", "needs a folder, src="), ("type=x,y", "NAME=VALUE")],
)
def test_what_is_no_cache_is_refused(text: str, message: str) -> None:
    with pytest.raises(InvalidParameter, match=message):
        parse(text, place="src")


def sent(cache: Cache) -> dict[str, Any]:
    with tarfile.open(fileobj=io.BytesIO(b"".join(chunks(cache)))) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr]


def test_caches_in_a_folder_are_told_apart(tmp_path: Path) -> None:
    layout(tmp_path, "one", "c1", "shared", "m1")
    layout(tmp_path, "two", "c2", "shared", "m2")
    found = sent(Cache("local", folder=tmp_path, tag="one"))
    assert list(found) == ["index.json", "blobs/sha256/m1", "blobs/sha256/c1", "blobs/sha256/shared"]
    assert found["blobs/sha256/shared"] == b"shared"
    assert [entry["digest"] for entry in json.loads(found["index.json"])["manifests"]] == ["sha256:m1"]
    assert "blobs/sha256/m2" in sent(Cache("local", folder=tmp_path, digest="sha256:m2"))


def test_a_new_cache_takes_the_place_of_an_old_one(tmp_path: Path) -> None:
    layout(tmp_path, "one", "c1", "m1")
    layout(tmp_path, "two", "c2", "m2")
    layout(tmp_path, "one", "c3", "m3")
    entries = json.loads((tmp_path / "index.json").read_bytes())["manifests"]
    assert [(entry["digest"], entry["annotations"][TAG]) for entry in entries] == [
        ("sha256:m2", "two"), ("sha256:m3", "one"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "index.json: No such file"), ({"index.json": "{"}, "no folder of a cache"),
        ({"index.json": "[]"}, "no object"),
        ({"index.json": "{}"}, "has no cache latest"),
    ],
)  # fmt: skip
def test_what_is_no_folder_of_a_cache_is_told(tmp_path: Path, files: dict[str, str], message: str) -> None:
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    with pytest.raises(InvalidParameter, match=message):
        list(chunks(Cache("local", folder=tmp_path)))


def test_a_blob_that_is_gone_and_one_that_leads_out_are_told(tmp_path: Path) -> None:
    layout(tmp_path, "latest", "c1", "m1")
    (tmp_path / "blobs/sha256/c1").unlink()
    with pytest.raises(InvalidParameter, match=r"not whole: sha256:c1"):
        list(chunks(Cache("local", folder=tmp_path)))
    index = {"manifests": [{"digest": "sha256:../x", "annotations": {TAG: "latest"}}]}
    (tmp_path / "index.json").write_text(json.dumps(index))
    with pytest.raises(InvalidParameter, match="is no digest"):
        list(chunks(Cache("local", folder=tmp_path)))


def test_a_cache_that_breaks_off_leaves_the_others_where_they_were(tmp_path: Path) -> None:
    layout(tmp_path, "one", "c1", "m1")
    before = (tmp_path / "index.json").read_bytes()

    def broken() -> Iterator[bytes]:
        # All of the index, and then no end.
        yield tar_of({"./index.json": b'{"manifests": []}', "blobs/sha256/c2": bytes(100_000)})[:50_000]
        raise Unavailable("the daemon has gone")

    with pytest.raises(Unavailable):
        receive(Cache("local", folder=tmp_path, tag="two"), broken())
    assert (tmp_path / "index.json").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["blobs", "index.json"]
