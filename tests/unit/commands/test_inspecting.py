"""Tests of commands.inspecting."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_containers.commands import table
from jupyter_containers.commands.inspecting import Inspection
from jupyter_containers.commands.parsing import parse
from jupyter_containers.errors import NotFound
from tests.support.front_double import SessionOn


def resource(**known: Any) -> SimpleNamespace:
    def inspect(name: str, **_: bool) -> Any:
        if name not in known:
            raise NotFound(f"No such thing: {name}")
        return known[name]

    return SimpleNamespace(inspect=inspect)


CLIENT = SimpleNamespace(
    containers=resource(web={"Id": "1"}), images=resource(web={"Id": "2"}, img={"Id": "3"}), networks=resource(),
    volumes=resource(vol={"Name": "vol"}),
)  # fmt: skip


def inspect(*words: str) -> Inspection:
    command = table.find("inspect", "magic")
    result = command.action(SessionOn(CLIENT), parse(command, words, surface="magic", prog="x"))
    assert isinstance(result, Inspection)
    return result


def test_a_container_comes_before_an_image_of_the_same_name() -> None:
    assert inspect("web").kinds == ("container",)
    assert inspect("--type", "image", "web")["Id"] == "2"


def test_several_things_are_a_list() -> None:
    result = inspect("web", "img", "vol")
    assert (result.summary(), result[2]) == ("container web, image img, volume vol", {"Name": "vol"})
    assert result.text().startswith('[\n    {\n        "Id": "1"\n    },')


def test_what_is_nowhere_is_told_once() -> None:
    with pytest.raises(NotFound, match="no container, image, network or volume is called nope"):
        inspect("nope")


def test_a_type_that_is_asked_for_is_answered_for() -> None:
    with pytest.raises(NotFound, match="No such thing: img"):
        inspect("--type", "container", "img")


def test_the_text_steers_no_terminal_and_is_the_same_values() -> None:
    found = Inspection([("x", "image", {"Labels": {"a": "\x1b[2J\x9b1m\u202ez\u00e9"}})])
    text = found.text()
    assert not set(text) & set("\x1b\x9b\u202e")
    assert "\u00e9" in text
    assert json.loads(text) == found.objects
