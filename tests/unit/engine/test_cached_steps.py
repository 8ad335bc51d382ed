from __future__ import annotations

from typing import Any

from jupyter_containers.engine.cached_steps import CachedStep, cached_steps
from jupyter_containers.metadata.build_cache import CacheEntry

LAYER = {"digest": "sha256:aa", "size": 2048}


def entry(key: str, **record: Any) -> CacheEntry:
    return CacheEntry(key, {"created": "t", **record}, 1.0)


STEP = entry("definition:1", parent="p", chain="c", layer=LAYER)
LOOSE = entry("loose:1", layer=LAYER)


def test_a_step_is_what_its_record_says() -> None:
    changed_nothing = entry("definition:2", parent="c", chain="c")
    assert cached_steps([STEP, changed_nothing, entry("config:1")], ()) == [
        CachedStep("definition:1", "c", "p", "t", 1.0),
        CachedStep("definition:2", "c", "c", "t", 1.0, has_layer=False),
        CachedStep("config:1", "", "", "t", 1.0, has_layer=False),
    ]


def test_a_loose_layer_counts_where_nobody_else_has_it() -> None:
    [alone] = cached_steps([LOOSE], ())
    assert alone == CachedStep("loose:1", "loose:sha256:aa", "", "t", 1.0, blob_bytes=2048)
    assert alone.size(lambda _: 7) == 2048
    for found in (cached_steps([STEP, LOOSE], ())[1], cached_steps([LOOSE], {"sha256:aa"})[0]):
        assert (found.has_layer, found.size(lambda _: 0)) == (False, 0)


def test_a_step_is_as_large_as_what_was_unpacked() -> None:
    assert cached_steps([STEP], ())[0].size({"c": 5}.__getitem__) == 5
