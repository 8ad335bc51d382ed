"""Tests of commands.settings."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_containers.commands.settings import NAMES, Settings, help_of
from jupyter_containers.errors import InvalidParameter


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("image", "busybox", "busybox"),
        ("timeout", "2.5", 2.5),
        ("timeout", 3, 3.0),
        ("safe", "yes", True),
        ("safe", False, False),
        ("open_lines", "7", 7),
        ("aliases", "docker, podman", ("docker", "podman")),
        ("aliases", ["docker"], ("docker",)),
    ],
)
def test_values_are_read(name: str, value: object, read: object) -> None:
    assert getattr(Settings().having(name, value), name) == read


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("imgae", "x", "there is no setting imgae; did you mean image"),
        ("zzz", "x", "there is no setting zzz; there are host, image"),
        ("image", 3, "image: 3 is no text"),
        ("timeout", "soon", "timeout: 'soon' is no number from 0 up"),
        ("timeout", -1, "timeout: -1 is no number"),
        ("open_lines", True, "open_lines: True is no number"),
        ("safe", "maybe", "safe: 'maybe' is neither true nor false"),
        ("aliases", "a-b", "aliases: 'a-b' are no names of magics"),
    ],
)
def test_other_values_are_refused(name: str, value: Any, message: str) -> None:
    with pytest.raises(InvalidParameter, match=message):
        Settings().having(name, value)


def test_a_file_is_named_with_what_is_wrong_in_it() -> None:
    assert Settings.read({"safe": True}, "/file") == Settings(safe=True)
    with pytest.raises(InvalidParameter, match="/file: safe: 'maybe'"):
        Settings.read({"safe": "maybe"}, "/file")


def test_each_setting_says_what_it_is() -> None:
    assert all(help_of(name) for name in NAMES)
