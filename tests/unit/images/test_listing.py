"""Tests of images.listing, on images in a store."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path
from typing import Any

import pytest

from jupyter_containers.content.store import DirectoryStore
from jupyter_containers.errors import NotFound, Unsupported
from jupyter_containers.images import listing
from jupyter_containers.images.assemble import assemble
from jupyter_containers.images.listing import Wanted, file_pieces, lines
from jupyter_containers.images.walk import Image
from jupyter_containers.layers.member import InvalidLayer
from jupyter_containers.oci import media_types
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.image_config import ImageConfig
from jupyter_containers.oci.platform import host_platform
from tests.support.saved_tars import Files, layer_tar

NASTY = "a\nb/<img src=x>"
NOTHING = Wanted()


@pytest.fixture
def content(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore(tmp_path / "content")


def made(content: DirectoryStore, *tars: bytes, media_type: str = media_types.OCI_LAYER) -> Image:
    digests = [content.write(tar) for tar in tars]
    layers = tuple(Descriptor(media_type, digest, len(tar)) for digest, tar in zip(digests, tars, strict=True))
    return assemble(content, ImageConfig(platform=host_platform(), diff_ids=tuple(digests)), layers)


def told(content: DirectoryStore, files: Files, wanted: Wanted = NOTHING) -> list[Any]:
    return [line for line in lines(made(content, layer_tar(files)), content, wanted) if "Read" not in line]


def test_each_name_is_a_line_with_what_it_means(content: DirectoryStore) -> None:
    first, layer, *rest = told(
        content,
        {
            "etc": None, "./etc/a": b"one", "etc/l": "-> ../x", "etc/h": "=> ./etc/a", "etc/.wh.b": b"",
            "opt/.wh..wh..opq": b"",
        },
    )  # fmt: skip
    assert (first["Layers"], first["Config"]["os"], layer["Layer"]) == (1, "linux", 0)
    assert [(line.get("Path"), line.get("Kind"), line.get("Target")) for line in rest[:4]] == [
        ("etc", "folder", ""), ("etc/a", "file", ""), ("etc/l", "link", "../x"), ("etc/h", "same", "etc/a"),
    ]  # fmt: skip
    assert rest[4:] == [{"Removed": "etc/b"}, {"Opaque": "opt"}]
    assert rest[1] | {"Path": ""} == {
        "Path": "", "Kind": "file", "Size": 3, "Mode": 0o644, "User": 0, "Group": 0, "Target": "",
    }  # fmt: skip


def test_names_are_what_they_are_and_none_leads_out(content: DirectoryStore) -> None:
    deep = "/".join(["d"] * 2000)
    *_, nasty, raw, long = told(content, {NASTY: b"", "r\udcff": b"", deep: b""})
    assert [line["Path"] for line in (nasty, raw, long)] == [NASTY, "r\udcff", deep]
    with pytest.raises(InvalidLayer, match="leads out"):
        told(content, {"a/../../etc/x": b""})
    with pytest.raises(InvalidLayer, match="climbs"):
        told(content, {"a/.wh...": b""})


def test_digests_and_contents_come_if_they_are_wanted(content: DirectoryStore) -> None:
    files: Files = {"a": b"x", "b": b"x", "var/lib/x/y": b"kept", "var/lib/x/deep/z": b"not"}
    wanted = Wanted(True, frozenset({"var/lib/x/"}))
    a, b, kept, deep = told(content, files, wanted)[2:]
    assert a["Digest"] == b["Digest"] != kept["Digest"]
    assert (kept["Content"], "Content" in deep, "Content" in a) == ("a2VwdA==", False, False)


def test_contents_have_a_limit_in_all(content: DirectoryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "CONTENTS_BYTES", 5)
    found = told(content, {"a": b"123", "b": b"456", "c": b"78"}, Wanted(contents=frozenset("abc")))
    assert ["Content" in line for line in found[2:]] == [True, False, True]


def test_how_far_it_is_comes_also_within_one_large_file(
    content: DirectoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "PROGRESS_BYTES", 1 << 20)
    image = made(content, layer_tar({"large": bytes(5 << 20)}))
    read = [line["Read"] for line in lines(image, content, NOTHING) if "Read" in line]
    assert read == sorted(read)
    assert (len(read) >= 4, read[-1]) == (True, image.manifest.layers[0].size)


def test_a_damaged_layer_and_a_cut_one_are_told(content: DirectoryStore) -> None:
    for tar in (b"no tar" * 200, layer_tar({"a": bytes(5000)})[:2000]):
        with pytest.raises(InvalidLayer):
            list(lines(made(content, tar), content, NOTHING))


def test_the_host_is_not_listed_and_a_sentence_says_so(content: DirectoryStore) -> None:
    image = made(content, b"{}", media_type=media_types.HOST_LAYER)
    _, layer, _ = lines(image, content, NOTHING)
    assert "this machine's own root" in layer["Unlisted"]
    with pytest.raises(Unsupported, match="layer 0 is this machine's own root"):
        list(file_pieces(image, content, 0, "etc/passwd"))


def test_a_file_is_given_as_it_is_in_its_layer(content: DirectoryStore) -> None:
    image = made(content, layer_tar({"a": b"one", "r\udcff": b"raw", "l": "-> a"}), layer_tar({"a": b"two"}))
    assert [b"".join(file_pieces(image, content, number, "/a")) for number in (0, 1)] == [b"one", b"two"]
    assert b"".join(file_pieces(image, content, 0, "r\udcff")) == b"raw"
    for number, path in ((0, "l"), (1, "l"), (2, "a"), (0, "b")):
        with pytest.raises(NotFound):
            list(file_pieces(image, content, number, path))


def test_of_several_with_one_name_the_last_counts(content: DirectoryStore) -> None:
    image = made(content, layer_tar({"a": b"one", "b": b"one", "./a": b"two", "./b": "-> a"}))
    assert b"".join(file_pieces(image, content, 0, "a")) == b"two"
    with pytest.raises(NotFound, match="no file 'b' in layer 0"):
        list(file_pieces(image, content, 0, "b"))


def test_holes_are_zeros(content: DirectoryStore) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        member = tarfile.TarInfo("holes")
        body = b"1\n3\n4\n".ljust(512, b"\0") + b"data"
        member.size = len(body)
        member.pax_headers = {
            "GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "holes", "GNU.sparse.realsize": "9",
        }  # fmt: skip
        tar.addfile(member, io.BytesIO(body))
    image = made(content, out.getvalue())
    assert b"".join(file_pieces(image, content, 0, "holes")) == b"\0\0\0data\0\0"
