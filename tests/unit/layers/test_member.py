from __future__ import annotations

import pytest

from jupyter_containers.layers.member import InvalidLayer, Kind, Member, clean


@pytest.mark.parametrize(
    ("name", "path"),
    [
        (b"a/b", b"a/b"), (b"/a//b/", b"a/b"), (b"./a/./b", b"a/b"), (b"a/../b", b"b"), (b"", b""), (b"./", b""),
        (b"a/..", b""), (b"...", b"..."), (b"/", b""),
    ],
)  # fmt: skip
def test_a_name_is_cleaned_to_a_path_below_the_root(name: bytes, path: bytes) -> None:
    assert clean(name) == path


@pytest.mark.parametrize("name", [b"..", b"a/../..", b"/..", b"../a"])
def test_a_name_that_climbs_is_refused(name: bytes) -> None:
    with pytest.raises(InvalidLayer, match="leads out"):
        clean(name)


def test_a_zero_byte_is_refused() -> None:
    with pytest.raises(InvalidLayer, match="zero byte"):
        clean(b"a\0b")


def test_a_name_that_is_no_text_can_be_shown() -> None:
    assert Member(b"caf\xe9", Kind.FILE).text == "caf\\xe9"
