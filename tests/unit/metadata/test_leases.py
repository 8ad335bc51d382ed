from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_containers.metadata.database import Database
from jupyter_containers.metadata.leases import Lease, Leases


@pytest.fixture
def leases(tmp_path: Path) -> Iterator[Leases]:
    database = Database(tmp_path / "metadata.db")
    leases = Leases(database)
    leases.add("pull", "content", "sha256:a", expires_at=10.0)
    leases.add("pull", "snapshot", "unpack:1", expires_at=10.0)
    leases.add("build", "content", "sha256:a")
    yield leases
    database.close()


def test_a_lease_may_protect_several_things_and_a_thing_have_several_leases(leases: Leases) -> None:
    assert leases.all("content") == [
        Lease("build", "content", "sha256:a"),
        Lease("pull", "content", "sha256:a", 10.0),
    ]
    assert len(leases.all()) == 3


def test_ending_a_lease_leaves_the_others(leases: Leases) -> None:
    assert [leases.remove("pull"), leases.remove("pull")] == [2, 0]
    assert leases.all() == [Lease("build", "content", "sha256:a")]


def test_leases_end_when_their_time_is_over(leases: Leases) -> None:
    assert leases.expire(9.9) == 0
    assert leases.expire(10.0) == 2
    assert leases.expire(1e12) == 0
    assert [lease.id for lease in leases.all()] == ["build"]


def test_adding_again_renews_the_end(leases: Leases) -> None:
    leases.add("pull", "content", "sha256:a", expires_at=20.0)
    assert leases.expire(10.0) == 1
    assert Lease("pull", "content", "sha256:a", 20.0) in leases.all()
