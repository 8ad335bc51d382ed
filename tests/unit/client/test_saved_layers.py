"""Tests of client.saved_layers."""

from __future__ import annotations

import io
import json
import tarfile

import pytest
import zstandard

from jupyter_containers.client import saved_layers
from jupyter_containers.client.saved_layers import SavedImage, read_file, read_image
from jupyter_containers.errors import ContainersError, InvalidParameter, NotFound
from tests.support.saved_tars import layer_tar, saved

LOWER = {"etc/": None, "etc/a": b"one", "etc/link": "-> a", "etc/hard": "=> etc/a"}
UPPER = {"etc/.wh.a": b"", "opt/.wh..wh..opq": b"", "./opt/new": b"new!"}
NAME = f"blobs/sha256/{0:064x}"


def pieces(content: bytes, size: int = 700) -> list[bytes]:
    return [content[place : place + size] for place in range(0, len(content), size)]


def read(content: bytes) -> SavedImage:
    return read_image(pieces(content))


@pytest.mark.parametrize("packed", [False, True])
def test_every_file_of_every_layer_is_a_line(packed: bool) -> None:
    image = read(saved(LOWER, UPPER, steps=("ADD x /", "/bin/sh -c #(nop)  COPY y /"), packed=packed))
    lower, upper = image.layers
    assert {path: entry.kind for path, entry in lower.entries.items()} == {
        "etc": "folder", "etc/a": "file", "etc/link": "link", "etc/hard": "same",
    }  # fmt: skip
    assert (upper.removed, upper.opaque, list(upper.entries)) == (["etc/a"], ["opt"], ["opt/new"])
    assert (lower.size, upper.size) == (3, 4)
    assert (lower.instruction, upper.instruction) == ("ADD x /", "COPY y /")


def test_a_layer_in_zstandard_and_one_behind_a_link_are_read() -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:

        def add(name: str, content: bytes) -> None:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))

        add("b/layer.tar", zstandard.compress(layer_tar({"x": b"12"})))
        link = tarfile.TarInfo("a/layer.tar")
        link.type, link.linkname = tarfile.SYMTYPE, "../b/layer.tar"
        tar.addfile(link)
        add("c.json", b"{}")
        add("manifest.json", json.dumps([{"Config": "c.json", "Layers": ["a/layer.tar", "b/layer.tar"]}]).encode())
    assert [layer.size for layer in read(out.getvalue()).layers] == [2, 2]


def test_the_same_content_has_the_same_digest() -> None:
    entries = read(saved({"a": b"x", "b": b"x", "c": b"y"})).layers[0].entries
    assert entries["a"].digest == entries["b"].digest != entries["c"].digest


def test_what_tells_of_packages_is_kept() -> None:
    layer = read(saved({"var/lib/dpkg/status": b"Package: x\n", "etc/passwd": b"root"})).layers[0]
    assert layer.kept == {"var/lib/dpkg/status": b"Package: x\n"}


def test_a_path_that_leads_out_leads_nowhere() -> None:
    assert list(read(saved({"../../etc/x": b"", "/abs": b"", "a/./b": b""})).layers[0].entries) == [
        "etc/x",
        "abs",
        "a/b",
    ]


def test_too_many_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved_layers, "MOST_FILES", 2)
    for names in ("abc", (".wh.a", ".wh.b", ".wh.c")):
        with pytest.raises(InvalidParameter, match="more than 2 files"):
            read(saved(dict.fromkeys(names, b"")))


def test_a_configuration_that_is_too_deep_is_none() -> None:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        member = tarfile.TarInfo("manifest.json")
        member.size = 200_000
        tar.addfile(member, io.BytesIO(b"[" * member.size))
    with pytest.raises(ContainersError, match="without its manifest"):
        read(file.getvalue())


@pytest.mark.parametrize("cut", [0, 100, 3000])
def test_what_ends_early_is_no_image(cut: int) -> None:
    with pytest.raises(ContainersError):
        read(saved(LOWER, UPPER)[:cut])


def test_a_file_is_read_to_a_limit_and_no_further() -> None:
    content = saved({"big": b"0123456789"}, {"other": b"x" * 100_000})
    asked: list[int] = []

    def chunks() -> object:
        for number, piece in enumerate(pieces(content, 1024)):
            asked.append(number)
            yield piece

    assert read_file(chunks(), NAME, "big", 4) == b"0123"  # type: ignore[arg-type]
    # What is behind the layer was not asked for, but for a buffer.
    assert read_file(pieces(content), NAME, "big", 100) == b"0123456789"
    with pytest.raises(NotFound, match="no file nowhere"):
        read_file(pieces(content), NAME, "nowhere", 4)
