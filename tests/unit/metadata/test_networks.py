from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_containers.metadata.database import Database
from jupyter_containers.metadata.networks import (
    AmbiguousNetwork,
    NetworkEntry,
    NetworkExists,
    NetworkNotFound,
    Networks,
)

A1, A2, B = ("a1".ljust(64, "0"), "a2".ljust(64, "0"), "b".ljust(64, "0"))


@pytest.fixture
def networks(tmp_path: Path) -> Iterator[Networks]:
    database = Database(tmp_path / "metadata.db")
    networks = Networks(database)
    for network_id, name in ((A1, "web"), (A2, "back"), (B, "a1")):
        networks.add(network_id, name, {"of": name})
    yield networks
    database.close()


def test_networks_come_back_by_name(networks: Networks) -> None:
    assert [entry.name for entry in networks.all()] == ["a1", "back", "web"]
    assert networks.get(A1) == NetworkEntry(A1, "web", {"of": "web"})


@pytest.mark.parametrize(("text", "found"), [(A1, A1), ("web", A1), ("a2", A2), ("b", B), ("a1", B)])
def test_a_network_is_found_by_id_then_name_then_prefix(networks: Networks, text: str, found: str) -> None:
    assert networks.find(text) == found


@pytest.mark.parametrize("text", ["", "c", "WEB", "%", "a1%"])
def test_nothing_else_finds_a_network(networks: Networks, text: str) -> None:
    with pytest.raises(NetworkNotFound, match=f"network {text} not found"):
        networks.find(text)


def test_a_prefix_of_two_is_refused(networks: Networks) -> None:
    with pytest.raises(AmbiguousNetwork, match="network a is ambiguous"):
        networks.find("a")


def test_names_and_ids_belong_to_one_network(networks: Networks) -> None:
    for network_id, name in (("c" * 64, "web"), (A1, "new")):
        with pytest.raises(NetworkExists, match=f"network with name {name} already exists"):
            networks.add(network_id, name, {})


def test_records_are_replaced_and_removed(networks: Networks) -> None:
    networks.update(A1, {"new": 1})
    assert networks.get(A1).record == {"new": 1}
    assert [networks.remove(A1), networks.remove(A1)] == [True, False]
    for call in (lambda: networks.get(A1), lambda: networks.update(A1, {})):
        with pytest.raises(NetworkNotFound):
            call()
