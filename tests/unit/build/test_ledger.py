from __future__ import annotations

import itertools

from jupyter_containers.build.cache import Cache
from jupyter_containers.build.filesystem import Filesystem, Layer, Outcome
from jupyter_containers.build.ledger import Entry, Ledger
from jupyter_containers.oci import media_types
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.digest import Digest
from tests.support.build_fakes import Present, Records
from tests.support.planning import IMAGES, planned

LAYER = Layer(Descriptor(media_types.OCI_LAYER, Digest.of(b"x"), 1), Digest.of(b"diff x"))
RAN = Outcome(Filesystem().with_layer(LAYER), "2024-01-01T00:00:00Z", LAYER)


def written(
    text: str,
    records: Records,
    *,
    use_cache: bool = True,
    accepted: set[str] | None = None,
    outcome: Outcome | None = RAN,
) -> list[Entry]:
    """Enter all steps; each RUN has `outcome`. The clock counts from the number of records."""
    clock = itertools.count(len(records.rows))
    present = Present()
    ledger = Ledger(
        Cache(records, present, present),
        accepts=lambda created: use_cache and (accepted is None or created in accepted),
        now=lambda: f"now-{next(clock)}",
    )
    steps = planned(text).steps
    return [
        ledger.add(step, outcome if step.vertex is not None and step.opens is None else None, is_last=step is steps[-1])
        for step in steps
    ]


def test_from_has_the_id_of_its_image_and_leaves_no_history() -> None:
    (opened,) = written("FROM busybox\n", Records())
    assert opened.image_id == str(IMAGES["busybox"].config_digest)
    assert opened.config.history == ()
    assert written("FROM scratch\n", Records())[0].image_id == ""


def test_each_step_adds_history_and_only_layers_add_diff_ids() -> None:
    entry = written("FROM busybox\nENV a=1\nRUN x\n", Records())[-1]
    assert [(h.created_by, h.empty_layer, h.created) for h in entry.config.history] == [
        ("ENV a=1", True, "now-0"),
        ("RUN /bin/sh -c x # buildkit", False, RAN.created),
    ]
    assert entry.config.diff_ids == (*IMAGES["busybox"].config.diff_ids, LAYER.diff_id)
    assert entry.config.created == RAN.created
    assert entry.image_id == str(Digest.of(entry.config.to_bytes()))


def test_a_run_that_changed_nothing_is_history_without_a_layer() -> None:
    entry = written("FROM busybox\nRUN x\n", Records(), outcome=Outcome(Filesystem(), "t"))[-1]
    assert entry.config.history[-1].empty_layer
    assert entry.config.diff_ids == IMAGES["busybox"].config.diff_ids


def test_the_same_steps_again_are_cached_and_have_the_same_id() -> None:
    records = Records()
    first = written("FROM busybox\nENV a=1\nLABEL b=2\n", records)
    again = written("FROM busybox\nENV a=1\nLABEL b=2\nCMD x\n", records)
    assert [entry.image_id for entry in again[:2]] == [entry.image_id for entry in first[:2]]
    assert again[2].config == first[2].config
    assert written("FROM busybox\nENV a=1\nLABEL b=2\n", records)[-1].image_id == first[-1].image_id
    assert [entry.cached for entry in again] == [True, True, True, False]


def test_lines_that_read_the_same_in_history_are_not_taken_for_one_another() -> None:
    records = Records()
    written('FROM busybox\nENV a="b c=d"\n', records)
    entry = written("FROM busybox\nENV a=b c=d\n", records)[-1]
    assert not entry.cached
    assert entry.config.process.env == ("PATH=/bin", "a=b", "c=d")


def test_without_the_cache_the_same_steps_are_new() -> None:
    records = Records()
    first = written("FROM busybox\nENV a=1\n", records)[-1]
    again = written("FROM busybox\nENV a=1\n", records, use_cache=False)[-1]
    assert again.image_id != first.image_id
    assert not again.cached
    assert written("FROM busybox\nENV a=1\n", records)[-1].image_id == again.image_id


def test_a_stage_on_a_stage_continues_its_history() -> None:
    entries = written("FROM busybox AS a\nENV a=1\nFROM a\nENV b=2\n", Records())
    assert [h.created_by for h in entries[-1].config.history] == ["ENV a=1", "ENV b=2"]


def test_the_author_is_in_the_config_and_not_in_history() -> None:
    entry = written("FROM busybox\nENV a=1\nMAINTAINER me\nENV b=1\n", Records())[-1]
    assert entry.config.author == "me"
    assert [h.author for h in entry.config.history] == ["", "", ""]


def test_only_what_was_made_at_an_accepted_moment_counts_as_done_before() -> None:
    records = Records()
    first = written("FROM busybox\nENV a=1\nENV b=2\n", records)
    moments = {step.created for step in first[-2].config.history}
    again = written("FROM busybox\nENV a=1\nENV b=2\n", records, accepted=moments)
    assert [entry.cached for entry in again[1:]] == [True, False]
