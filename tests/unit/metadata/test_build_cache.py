from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from jupyter_containers.metadata.build_cache import BuildCache
from jupyter_containers.metadata.database import Database


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[BuildCache]:
    database = Database(tmp_path / "metadata.db")
    ticks = count(1)
    yield BuildCache(database, clock=lambda: float(next(ticks)))
    database.close()


def test_a_record_comes_back_under_its_key(cache: BuildCache) -> None:
    cache.put("definition:a", {"chain": "sha256:x", "config": {"Cmd": None}})
    assert cache.get("definition:a") == {"chain": "sha256:x", "config": {"Cmd": None}}
    assert cache.get("content:a") is None


def test_putting_again_replaces(cache: BuildCache) -> None:
    cache.put("k", {"n": 1})
    cache.put("k", {"n": 2})
    assert cache.get("k") == {"n": 2}
    assert len(cache.all()) == 1


def test_use_keeps_a_record_young(cache: BuildCache) -> None:
    for key in ("a", "b", "c"):
        cache.put(key, {})
    cache.get("a")
    assert [(entry.key, entry.last_used) for entry in cache.all()] == [("b", 2.0), ("c", 3.0), ("a", 4.0)]


def test_a_removed_record_is_gone(cache: BuildCache) -> None:
    cache.put("a", {})
    assert [cache.remove("a"), cache.remove("a")] == [True, False]
    assert cache.all() == []
