from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_containers.metadata.database import Database
from jupyter_containers.metadata.networks import NetworkExists, Networks


@pytest.fixture
def networks(tmp_path: Path) -> Iterator[Networks]:
    database = Database(tmp_path / "metadata.db")
    yield Networks(database)
    database.close()


def test_networks_come_back_in_the_order_of_their_making(networks: Networks) -> None:
    networks.add("2", "b", {"name": "b"})
    networks.add("1", "a", {"name": "a"})
    assert networks.all() == [{"name": "b"}, {"name": "a"}]
    networks.remove("2")
    networks.remove("2")
    assert networks.all() == [{"name": "a"}]


def test_a_name_is_taken_once(networks: Networks) -> None:
    networks.add("1", "a", {})
    with pytest.raises(NetworkExists, match="network with name a already exists"):
        networks.add("2", "a", {})
