"""Tests of bootstrap.deb."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_containers.bootstrap.ar import InvalidArchive
from jupyter_containers.bootstrap.deb import read
from jupyter_containers.layers.compression import decompress
from jupyter_containers.layers.member import InvalidLayer
from tests.support.debian_mirror import ar, package, tar

CONTROL = tar({"control": b"Package: one\n"})


@pytest.mark.parametrize("compression", ["", ".gz", ".xz", ".zst"])
def test_a_package_is_its_control_files_and_a_tar(compression: str) -> None:
    made = package("one", files={"usr/x": b"1"}, control={"postinst": "#!/bin/sh\n"}, compression=compression)
    deb = read(io.BytesIO(made.content))
    assert deb.control["control"].content.decode() == made.paragraph
    assert (deb.control["postinst"].mode, deb.control["control"].mode) == (0o755, 0o644)
    assert b"".join(decompress(deb.files)) == tar({"usr/x": b"1"})


def test_lines_of_a_control_file_are_without_comments() -> None:
    made = package("one", control={"conffiles": "/etc/a\n\n# no\n /etc/b \n"})
    deb = read(io.BytesIO(made.content))
    assert deb.lines("conffiles") == ["/etc/a", "/etc/b"]
    assert deb.lines("triggers") == []


def test_members_for_others_are_passed_over() -> None:
    parts = {"debian-binary": b"2.1\nmore", "_signature": b"x", "control.tar": CONTROL, "_x": b"", "data.tar": tar({})}
    assert list(read(io.BytesIO(ar(parts))).control) == ["control"]


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"debian-binary": b"3.0\n"}, "not a package of format 2"),
        ({"debian-binary": b"2" * 200}, "not a package of format 2"),
        ({"x": b""}, "'x' in the place of debian-binary"),
        ({"debian-binary": b"2.0\n"}, "it has no control.tar"),
        ({"debian-binary": b"2.0\n", "data.tar": b""}, "'data.tar' in the place of control.tar"),
        ({"debian-binary": b"2.0\n", "control.tar": CONTROL}, "it has no data.tar"),
        ({"debian-binary": b"2.0\n", "control.tar": tar({"x": b""}), "data.tar": b""}, "it has no control file"),
    ],
)
def test_what_is_no_package_is_refused(parts: dict[str, bytes], words: str) -> None:
    with pytest.raises(InvalidArchive, match=words):
        read(io.BytesIO(ar(parts)))


def test_a_control_archive_without_an_end_is_not_read_to_it() -> None:
    bomb = package("one", control={"templates": "x" * (40 << 20)})
    with pytest.raises(InvalidLayer, match="more than the limit"):
        read(io.BytesIO(bomb.content))


@given(st.data())
def test_a_damaged_package_is_refused_or_read(data: st.DataObject) -> None:
    content = bytearray(package("one", control={"postinst": "#!/bin/sh\n"}).content)
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        deb = read(io.BytesIO(bytes(content)))
        list(decompress(deb.files))
    except (InvalidArchive, InvalidLayer):
        return
    assert "control" in deb.control
