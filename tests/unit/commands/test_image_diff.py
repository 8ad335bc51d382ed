"""Tests of commands.image_diff: two images that differ by a package, a setting and a few files."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_containers.client.saved_layers import read_image
from jupyter_containers.commands import table
from jupyter_containers.commands.image_diff import ImageDiff
from jupyter_containers.commands.parsing import parse
from tests.support.front_double import SessionOn
from tests.support.saved_tars import saved

BASH = "Package: bash\nStatus: install ok installed\nVersion: {}\n\n"
CURL = "Package: curl\nStatus: install ok installed\nVersion: 8\n\n"
BEFORE = saved(
    {"var/lib/dpkg/status": BASH.format(1).encode(), "etc/a": b"1", "etc/same": b"s", "old": b"123", "l": "-> x"},
    config={"Env": ["PATH=/bin", "A=1"], "Cmd": ["sh"], "Labels": {"v": "1"}},
)
AFTER = saved(
    {"var/lib/dpkg/status": (BASH.format(2) + CURL).encode(), "etc/a": b"2", "etc/same": b"s", "l": "-> y"},
    {"new\x1b": b"12"},
    config={"Env": ["PATH=/bin", "B=2"], "Cmd": ["sh", "-l"], "Labels": {"v": "1"}},
)


def compared(a: bytes, b: bytes) -> ImageDiff:
    return ImageDiff(("app:1", "app:2"), read_image([a]), read_image([b]))


def test_what_differs_is_told_by_package_setting_and_file() -> None:
    found = compared(BEFORE, AFTER)
    assert [tuple(one) for one in found.packages] == [("C", "bash (deb)", "1", "2"), ("A", "curl (deb)", "", "8")]
    assert [tuple(one) for one in found.settings] == [
        ("C", "Cmd", '["sh"]', '["sh", "-l"]'), ("D", "Env A", "1", ""), ("A", "Env B", "", "2"),
    ]  # fmt: skip
    files = {one.path: (one.letter, one.what) for one in found.files}
    assert files == {
        "var/lib/dpkg/status": ("C", "content"), "etc/a": ("C", "content"), "old": ("D", ""), "l": ("C", "target"),
        "new\x1b": ("A", ""),
    }  # fmt: skip
    assert found.differs and found.counts() == "files: 1 added, 3 changed, 1 removed"


def test_the_text_steers_no_terminal_and_says_all() -> None:
    text = compared(BEFORE, AFTER).text()
    assert "\x1b" not in text and "/new?" in text
    assert text.startswith("app:1 → app:2: 60B → 114B (+54B), 0 of 2 layers shared")
    assert "A   curl (deb)" in text


def test_an_image_does_not_differ_from_itself() -> None:
    found = compared(BEFORE, BEFORE)
    assert not found.differs
    # Nothing has failed.
    assert found
    assert found.text().endswith("files: no difference")


def test_layers_that_are_the_same_are_counted() -> None:
    a, b = read_image([BEFORE]), read_image([AFTER])
    a.config["rootfs"], b.config["rootfs"] = {"diff_ids": ["x", "y"]}, {"diff_ids": ["x", "z", "y"]}
    assert ImageDiff(("a", "b"), a, b).shared == 1


def test_the_values_are_bounded_and_the_frame_has_all() -> None:
    found = compared(BEFORE, AFTER)
    assert found.data()["filesInAll"] == 5
    assert sorted(found.df.change) == ["A", "C", "C", "C", "D"]


@pytest.mark.parametrize("words", [["diff", "a", "b"], ["image", "diff", "a", "b"]])
def test_two_names_are_two_images(words: list[str]) -> None:
    asked: list[Any] = []
    images = SimpleNamespace(
        inspect=asked.append, save=lambda names: iter([BEFORE if names == ["a"] else AFTER]), lists_layers=False
    )
    command = table.find(words[0], "magic")
    options = parse(command, words[1:], surface="magic", prog="x")
    result = command.action(SessionOn(SimpleNamespace(images=images)), options)
    assert isinstance(result, ImageDiff) and asked == ["a", "b"] and len(result.packages) == 2
