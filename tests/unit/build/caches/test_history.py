from __future__ import annotations

from dataclasses import replace

import pytest

from jupyter_containers.build.caches.history import Done, matched
from jupyter_containers.build.filesystem import Filesystem, Layer
from jupyter_containers.images.walk import Image
from jupyter_containers.oci import media_types
from jupyter_containers.oci.descriptor import Descriptor
from jupyter_containers.oci.digest import Digest
from jupyter_containers.oci.image_config import History
from tests.support.planning import IMAGES, planned

BASE = IMAGES["busybox"]
BASE_LAYERS = tuple(map(Layer, BASE.manifest.layers, BASE.config.diff_ids))


def later(*history: tuple[str, bool], base: Image = BASE) -> Image:
    """Return an image with more history; each entry has a layer or not, and was made at its place in the list."""
    layers = [
        Descriptor(media_types.OCI_LAYER, Digest.of(words.encode()), 1) for words, has_layer in history if has_layer
    ]
    entries = [
        History(str(number), words, empty_layer=not has_layer) for number, (words, has_layer) in enumerate(history)
    ]
    config = replace(
        base.config, history=(*base.config.history, *entries),
        diff_ids=(*base.config.diff_ids, *(layer.digest for layer in layers)),
    )  # fmt: skip
    return replace(base, config=config, manifest=replace(base.manifest, layers=(*base.manifest.layers, *layers)))


def times(text: str, image: Image) -> list[str | None]:
    """Return when each step behind FROM was made, as the image has it; None for steps that it does not have."""
    plan, below = planned(text), Filesystem.of(BASE_LAYERS)
    done = matched(plan, image)
    found: list[str | None] = []
    for step in plan.steps[1:]:
        if step.vertex is None:
            found.append(done.time_of(step, [layer.diff_id for layer in below.layers]))
            continue
        outcome = done.look_up(step.vertex, below)
        below = outcome.filesystem if outcome is not None else below
        found.append(outcome.created if outcome is not None else None)
    return found


TEXT = "FROM busybox\nENV a=1\nRUN x\nRUN y\nCMD z\n"
OURS = [
    ("ENV a=1", False), ("RUN /bin/sh -c x # buildkit", True), ("RUN /bin/sh -c y # buildkit", False),
    ('CMD ["/bin/sh" "-c" "z"]', False),
]  # fmt: skip
CLASSIC = [
    ("/bin/sh -c #(nop)  ENV a=1", False), ("/bin/sh -c x", True), ("/bin/sh -c y", False),
    ('/bin/sh -c #(nop)  CMD ["/bin/sh" "-c" "z"]', False),
]  # fmt: skip


@pytest.mark.parametrize("history", [OURS, CLASSIC])
def test_a_history_with_the_same_words_says_what_was_done(history: list[tuple[str, bool]]) -> None:
    assert times(TEXT, later(*history)) == ["0", "1", "2", "3"]


def test_it_goes_as_far_as_the_words_are_the_same() -> None:
    assert times(TEXT, later(OURS[0], OURS[2], OURS[3])) == ["0", None, None, None]
    assert times(TEXT, later(*OURS[:2])) == ["0", "1", None, None]
    assert times(TEXT, later(*OURS[1:])) == [None] * 4


def test_another_base_is_another_history() -> None:
    assert times(TEXT, later(*OURS, base=IMAGES["a"])) == ["0", "1", "2", "3"]
    older = replace(BASE, config=replace(BASE.config, diff_ids=(Digest.of(b"x"),)))
    assert times(TEXT, later(*OURS, base=older)) == [None] * 4


@pytest.mark.parametrize(
    "step", ["COPY a b", "RUN --mount=type=cache,target=/c x", "RUN <<EOF\n#!/x\nx\nEOF"]
)  # fmt: skip
def test_what_words_do_not_say_all_about_is_not_believed(step: str) -> None:
    text = f"FROM busybox\n{step}\n"
    words = planned(text).steps[1].created_by
    assert times(text, later((words, True))) == [None]


def test_histories_of_several_images_add_up() -> None:
    plan, done = planned(TEXT), Done()
    done.add(matched(plan, later(OURS[0])))
    done.add(matched(plan, later(*OURS)))
    layers = [BASE.config.diff_ids, (*BASE.config.diff_ids, Digest.of(OURS[1][0].encode()))]
    steps = [step for step in plan.steps if step.vertex is None]
    assert [done.time_of(*each) for each in zip(steps, layers, strict=True)] == ["0", "3"]
    assert done.time_of(steps[1], layers[0]) is None


@pytest.mark.parametrize("words", ["COPY a /b # buildkit", "/bin/sh -c #(nop) COPY file:0123abc in /b "])
def test_a_copy_to_the_same_place_is_to_be_compared(words: str) -> None:
    plan, made = planned("FROM busybox\nCOPY a /b\n"), later((words, True))
    done, vertex = matched(plan, made), plan.steps[1].vertex
    assert vertex is not None
    [copied] = done.copies(vertex, Filesystem.of(BASE_LAYERS))
    assert copied.filesystem.layers[-1].diff_id == made.config.diff_ids[-1]
    assert done.copies(vertex, Filesystem()) == []
    assert matched(plan, later(("COPY a /c # buildkit", True))).copies(vertex, Filesystem.of(BASE_LAYERS)) == []
