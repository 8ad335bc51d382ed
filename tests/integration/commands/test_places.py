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


def test_a_network_is_made_as_it_is_described(do: Do, box: str) -> None:
    do("network", "create", "--subnet", "10.209.0.0/24", "--gateway", "10.209.0.7", "--ip-range", "10.209.0.128/25",
       "--aux-address", "host=10.209.0.9", "--label", "a=b", "described")  # fmt: skip
    found = do("network", "inspect", "described")[0]  # type: ignore[index]
    assert found["IPAM"]["Config"] == [
        {"Subnet": "10.209.0.0/24", "Gateway": "10.209.0.7", "IPRange": "10.209.0.128/25",
         "AuxiliaryAddresses": {"host": "10.209.0.9"}}
    ]  # fmt: skip
    assert found["Labels"] == {"a": "b"}
    do("network", "connect", "--alias", "other", "--ip", "10.209.0.200", "described", box)
    endpoint = do("inspect", box)[0]["NetworkSettings"]["Networks"]["described"]  # type: ignore[index]
    assert endpoint["IPAMConfig"] == {"IPv4Address": "10.209.0.200"}
    assert "other" in endpoint["Aliases"]
    do("network", "disconnect", "-f", "described", box)
    do("network", "rm", "described")
    assert do("network", "rm", "-f", "described").text() == "removed described"


def test_a_volume_is_made_and_removed(do: Do) -> None:
    do("volume", "create", "data")
    assert names(do("volume", "ls", "--filter", "name=data")) == ["data"]
    assert '"Name": "data"' in do("volume", "inspect", "data").text()
    assert do("volume", "rm", "data").text() == "removed data"
    assert do("volume", "prune").text() == "nothing to remove"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("volume rm", "rm: the following arguments are required: VOLUME"),
        ("network connect one", "connect: the following arguments are required: CONTAINER"),
        ("network connect one two three", "connect: unknown word three"),
        ("volume prune data", "prune: unknown word data"),
        ("network rm --internal one", "rm: unknown option --internal"),
        ("network create --gateway 10.1.0.1 one", "--gateway 10.1.0.1 lies in no --subnet"),
        ("network create --ingress one", "create: --ingress is not supported: it is for swarms"),
        ("network", "network: what to do\\? there are ls, create, inspect, rm, connect, disconnect, prune"),
        ("volume lst", "volume: there is no 'lst'; did you mean ls"),
    ],
)
def test_what_a_verb_does_not_take_is_refused(do: Do, words: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        do(*words.split())
