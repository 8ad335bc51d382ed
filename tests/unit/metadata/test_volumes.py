from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_containers.metadata.database import Database
from jupyter_containers.metadata.volumes import VolumeExists, Volumes


@pytest.fixture
def volumes(tmp_path: Path) -> Iterator[Volumes]:
    database = Database(tmp_path / "metadata.db")
    yield Volumes(database)
    database.close()


def test_volumes_come_back_by_name(volumes: Volumes) -> None:
    volumes.add("b", {"labels": {}})
    volumes.add("a", {"labels": {"k": "v"}})
    assert volumes.all() == [("a", {"labels": {"k": "v"}}), ("b", {"labels": {}})]
    assert volumes.get("a") == {"labels": {"k": "v"}}
    assert volumes.get("c") is None


def test_a_volume_is_not_overwritten(volumes: Volumes) -> None:
    volumes.add("a", {"n": 1})
    with pytest.raises(VolumeExists, match="volume a exists already"):
        volumes.add("a", {"n": 2})
    assert volumes.get("a") == {"n": 1}


def test_removing_twice_is_no_error(volumes: Volumes) -> None:
    volumes.add("a", {})
    volumes.remove("a")
    volumes.remove("a")
    assert volumes.all() == []
