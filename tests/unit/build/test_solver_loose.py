"""Layers that are the same whatever they stand on (COPY --link)."""

from __future__ import annotations

import asyncio

from jupyter_containers.build.graph import Vertex, key, vertex
from tests.support.solving import ROOT, Make, Neighbour, Workshop, made, named, solve


def loose(name: str, *inputs: Vertex) -> Vertex:
    return vertex(Make(name, name, is_loose=True), inputs, lines=(1, 1), source=name)


def test_a_loose_layer_is_laid_on_another_base_and_not_made_again() -> None:
    workshop, neighbour = Workshop(), Neighbour()
    solve(workshop, loose("top", made("one", ROOT)))
    outcome = solve(workshop, loose("top", made("two", ROOT)), elsewhere=neighbour)
    assert workshop.done == ["one", "top", "two"]
    assert (outcome.cached, outcome.created, outcome.filesystem.layers) == (True, "t2", (named("two"), named("top")))
    assert neighbour.brought == [outcome.filesystem.chain]
    assert workshop.heard[-1] == "cached top"
    workshop.present.names.add(outcome.filesystem.chain)
    assert solve(workshop, loose("top", made("two", ROOT))) == outcome


def test_what_a_known_loose_layer_was_made_from_is_not_needed() -> None:
    workshop = Workshop()
    solve(workshop, loose("top", made("one", ROOT), made("stage", ROOT)))
    for name in [name for name in workshop.records.rows if not name.startswith("loose:")]:
        workshop.records.remove(name)
    workshop.heard.clear()
    solve(workshop, loose("top", made("two", ROOT), made("stage", ROOT)))
    assert workshop.done == ["one", "stage", "top", "two"]
    assert "unneeded stage" in workshop.heard


def test_a_loose_layer_whose_sources_are_done_again_is_found_by_their_content() -> None:
    workshop, stage = Workshop(), made("stage", ROOT, content="same")
    target = loose("top", made("base", ROOT), stage)
    first = solve(workshop, target)
    salted = frozenset({stage.digest})
    again = asyncio.run(workshop.solver().solve(target, workshop, workshop, no_cache_salt="x", uncached=salted))
    assert sorted(workshop.done) == ["base", "stage", "stage", "top"]
    assert again.layer == first.layer


def test_a_loose_layer_that_needs_a_look_below_is_found_by_its_content() -> None:
    workshop = Workshop()
    solve(workshop, loose("named", made("one", ROOT)))
    assert [name for name in workshop.records.rows if name.startswith("loose:")] == []
    assert solve(workshop, loose("named", made("two", ROOT))).cached
    assert workshop.done == ["one", "named", "two"]


def test_without_the_cache_a_loose_layer_is_made_again() -> None:
    workshop = Workshop()
    solve(workshop, loose("top", ROOT))
    solve(workshop, loose("top", ROOT), salt="x")
    assert workshop.done == ["top", "top"]


def test_a_loose_layer_that_others_have_is_not_made() -> None:
    workshop, target = Workshop(), loose("top", made("one", ROOT))
    told = key("loose", "top", [])
    neighbour = Neighbour(loose_layers={told: named("theirs")})
    outcome = solve(workshop, target, elsewhere=neighbour)
    assert (workshop.done, outcome.layer, outcome.created) == (["one"], named("theirs"), "there")
    assert neighbour.brought == [outcome.filesystem.chain]
    assert (told, "there") in neighbour.noted
