from __future__ import annotations

from jupyter_containers.build.cache import Cache, Protected, protected
from jupyter_containers.build.filesystem import Filesystem, Layer, Loose, Outcome
from jupyter_containers.oci import media_types
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.digest import Digest
from tests.support.build_fakes import Present, Records


def layer(name: str) -> Layer:
    return Layer(Descriptor(media_types.OCI_LAYER, Digest.of(name.encode()), 1), Digest.of(b"diff " + name.encode()))


BASE = Filesystem().with_layer(layer("base"))
MADE = Outcome(BASE.with_layer(layer("top")), "2024-01-01T00:00:00Z", layer("top"))


def filled() -> tuple[Cache, Records, Present]:
    records, present = Records(), Present()
    present.names |= {MADE.filesystem.chain, layer("top").descriptor.digest}
    cache = Cache(records, present, present)
    cache.store("k", BASE, MADE)
    return cache, records, present


def test_what_was_stored_is_found_and_says_that_it_was_cached() -> None:
    cache, _, _ = filled()
    found = cache.look_up("k", BASE)
    assert found == Outcome(MADE.filesystem, MADE.created, MADE.layer, cached=True)
    assert cache.look_up("other", BASE) is None


def test_a_record_counts_only_for_the_parent_it_was_made_on() -> None:
    cache, records, _ = filled()
    assert cache.look_up("k", Filesystem()) is None
    assert "k" in records.rows


def test_a_record_whose_snapshot_or_blob_is_gone_is_forgotten() -> None:
    for lost in (MADE.filesystem.chain, layer("top").descriptor.digest):
        cache, records, present = filled()
        present.names.remove(lost)
        assert cache.look_up("k", BASE) is None
        assert "k" not in records.rows


def test_work_that_changed_nothing_needs_nothing_to_be_there() -> None:
    cache, _, _ = filled()
    cache.store("none", BASE, Outcome(BASE, "t"))
    assert cache.look_up("none", BASE) == Outcome(BASE, "t", cached=True)


def test_a_broken_record_is_no_result_and_is_forgotten() -> None:
    cache, records, _ = filled()
    records.rows["k"]["layer"] = {"mediaType": "x"}
    assert cache.look_up("k", BASE) is None
    assert "k" not in records.rows


def test_a_record_says_what_must_be_kept_for_it() -> None:
    _, records, _ = filled()
    assert protected(records.rows["k"]) == Protected((MADE.filesystem.chain,), (layer("top").descriptor.digest,))
    assert protected({"created": "t"}) == Protected()


def test_a_loose_layer_needs_nothing_but_its_blob() -> None:
    cache, records, present = filled()
    cache.store_loose("l", layer("top"), "t")
    present.names.remove(MADE.filesystem.chain)
    assert cache.loose("l") == Loose(layer("top"), "t")
    assert protected(records.rows["l"]) == Protected((), (layer("top").descriptor.digest,))
    assert cache.loose("other") is None
    present.names.clear()
    assert cache.loose("l") is None
    assert "l" not in records.rows


def test_a_broken_loose_layer_is_none_and_is_forgotten() -> None:
    cache, records, _ = filled()
    records.rows["l"] = {"created": "t", "layer": {"mediaType": "x"}}
    assert cache.loose("l") is None
    assert "l" not in records.rows


def test_times_of_config_changes_are_kept() -> None:
    cache, _, _ = filled()
    cache.store_time("c", "t1")
    assert (cache.time_of("c"), cache.time_of("d")) == ("t1", None)
