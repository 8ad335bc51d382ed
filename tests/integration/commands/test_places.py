"""Tests of commands.places."""

from __future__ import annotations

import pytest

from jupyter_containers.commands.parsing import UsageError
from jupyter_containers.commands.results import Table
from tests.integration.commands.conftest import Do


def names(result: object, key: str = "Name") -> list[str]:
    assert isinstance(result, Table)
    return [record[key] for record in result]


def test_a_network_is_made_joined_and_removed(do: Do, box: str) -> None:
    do("network", "create", "--internal", "inner")
    assert "inner" in names(do("network", "ls"))
    do("network", "connect", "inner", box)
    assert '"Name": "box"' in do("network", "inspect", "inner").text()
    do("network", "disconnect", "inner", box)
    assert do("network", "rm", "inner").text() == "removed inner"
    assert "inner" not in names(do("network", "ls"))


def test_a_volume_is_made_and_removed(do: Do) -> None:
    do("volume", "create", "data")
    assert names(do("volume", "ls", "--filter", "name=data")) == ["data"]
    assert '"Name": "data"' in do("volume", "inspect", "data").text()
    assert do("volume", "rm", "data").text() == "removed data"
    assert do("volume", "prune").text() == "nothing to remove"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("volume rm", "rm: which"),
        ("network connect one", "connect: name the network and the container"),
        ("network connect one two three", "connect: name the network and the container"),
        ("volume prune data", "prune: it takes no names, such as data; rm removes those that are named"),
        ("network ls data", "ls: it takes no names, such as data; --filter chooses"),
        ("network rm --internal one", "rm: --internal is for create"),
        ("volume rm --filter a=b one", "rm: --filter is for ls and prune"),
    ],
)
def test_what_a_verb_does_not_take_is_refused(do: Do, words: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        do(*words.split())
