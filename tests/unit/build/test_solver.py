from __future__ import annotations

import asyncio

import pytest

from jupyter_containers.build.failures import CopyFailed
from jupyter_containers.build.filesystem import Filesystem, Outcome
from jupyter_containers.build.graph import key
from jupyter_containers.oci.digest import Digest
from tests.support.solving import ROOT, Neighbour, Workshop, made, named, solve


def test_inputs_are_done_before_what_stands_on_them() -> None:
    workshop = Workshop()
    outcome = solve(workshop, made("c", made("b", made("a", ROOT))))
    assert workshop.done == ["a", "b", "c"]
    assert len(outcome.filesystem.layers) == 3


def test_the_same_again_does_nothing() -> None:
    workshop, target = Workshop(), made("b", made("a", ROOT))
    first = solve(workshop, target)
    workshop.heard.clear()
    second = solve(workshop, target)
    assert workshop.done == ["a", "b"]
    assert second.filesystem == first.filesystem
    assert second.created == first.created
    assert workshop.heard == ["cached root", "cached a", "cached b"]


def test_without_the_cache_all_is_done_again_and_remembered_anew() -> None:
    workshop, target = Workshop(), made("a", ROOT)
    solve(workshop, target)
    again = solve(workshop, target, salt="x")
    assert workshop.done == ["a", "a"]
    assert solve(workshop, target).created == again.created == "t2"


def test_some_are_done_again_and_what_stands_on_them_only_if_they_differ() -> None:
    workshop = Workshop()
    one, two = made("a", ROOT, content="same"), made("b", made("a", ROOT, content="same"))
    solve(workshop, two)
    asyncio.run(workshop.solver().solve(two, workshop, workshop, no_cache_salt="x", uncached=frozenset({one.digest})))
    assert workshop.done == ["a", "b", "a"]
    assert workshop.heard[-1] == "cached b"


def test_what_an_input_was_made_of_does_not_matter_if_its_files_are_equal() -> None:
    workshop = Workshop()
    solve(workshop, made("b", made("a", ROOT, content="same")))
    outcome = solve(workshop, made("b", made("other", ROOT, content="same")))
    assert workshop.done == ["a", "b", "other"]
    assert outcome.cached


def test_an_input_that_only_a_cached_copy_needed_is_not_made() -> None:
    workshop, stage = Workshop(), made("stage", ROOT)
    target = made("copy", made("base", ROOT), stage)
    solve(workshop, target)
    for name in [name for name, row in workshop.records.rows.items() if row["created"] == "t2"]:
        workshop.records.remove(name)
    stage_layer = Digest.of(b"stage")
    workshop.present.names.remove(stage_layer)
    workshop.heard.clear()
    assert solve(workshop, target).cached
    assert sorted(workshop.done) == ["base", "copy", "stage"]
    assert "unneeded stage" in workshop.heard


def test_a_result_is_not_used_on_another_base_than_it_was_made_on() -> None:
    workshop, middle = Workshop(), made("middle", ROOT, content="1")
    solve(workshop, made("top", middle))
    again = made("middle", ROOT, content="2")
    solve(workshop, again, salt="x")
    outcome = solve(workshop, made("top", again))
    assert workshop.done == ["middle", "top", "middle", "top"]
    assert outcome.filesystem.layers[0].diff_id == Digest.of(b"2")


def test_independent_work_happens_at_the_same_time() -> None:
    async def scenario() -> None:
        workshop = Workshop(gates={"a": asyncio.Event(), "b": asyncio.Event()})
        target = made("join", made("a", ROOT), made("b", ROOT))
        task = asyncio.create_task(workshop.solver().solve(target, workshop, workshop))
        while sorted(workshop.begun) != ["a", "b"]:
            await asyncio.sleep(0)
        for gate in workshop.gates.values():
            gate.set()
        await task
        assert workshop.done[-1] == "join"

    asyncio.run(scenario())


def test_equal_work_of_two_builds_is_done_once() -> None:
    async def scenario() -> None:
        workshop = Workshop(gates={"a": asyncio.Event()})
        solver, target = workshop.solver(), made("a", ROOT)
        tasks = [asyncio.create_task(solver.solve(target, workshop, workshop)) for _ in range(2)]
        while workshop.heard.count("output a") < 2:
            await asyncio.sleep(0)
        workshop.gates["a"].set()
        await asyncio.gather(*tasks)
        assert workshop.begun == ["a"]

    asyncio.run(scenario())


def test_builds_without_the_cache_share_nothing() -> None:
    async def scenario() -> None:
        workshop = Workshop()
        solver, target = workshop.solver(), made("a", ROOT)
        await asyncio.gather(*(solver.solve(target, workshop, workshop, no_cache_salt=salt) for salt in "xy"))
        assert workshop.done == ["a", "a"]

    asyncio.run(scenario())


def test_a_failure_names_its_lines_and_ends_the_others() -> None:
    async def scenario() -> None:
        workshop = Workshop(gates={"slow": asyncio.Event()}, failing={"bad"})
        target = made("join", made("slow", ROOT), made("bad", ROOT))
        with pytest.raises(CopyFailed) as failure:
            await workshop.solver().solve(target, workshop, workshop)
        assert failure.value.details == {"line": 3, "end_line": 3, "source": "bad"}
        assert workshop.cancelled == ["slow"]
        assert "failed bad" in workshop.heard

    asyncio.run(scenario())


def test_what_cannot_be_defined_fails_before_anything_is_done() -> None:
    workshop = Workshop(failing={"undefined"})
    with pytest.raises(CopyFailed) as failure:
        solve(workshop, made("undefined", made("a", ROOT)))
    assert workshop.begun == []
    assert failure.value.details["source"] == "undefined"


def test_a_cancelled_build_ends_its_work() -> None:
    async def scenario() -> None:
        workshop = Workshop(gates={"a": asyncio.Event()})
        task = asyncio.create_task(workshop.solver().solve(made("a", ROOT), workshop, workshop))
        while not workshop.begun:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert workshop.cancelled == ["a"]

    asyncio.run(scenario())


def test_what_is_known_elsewhere_is_brought_where_something_stands_on_it_and_not_done() -> None:
    workshop, target = Workshop(), made("c", made("b", made("a", ROOT)))
    neighbour = Neighbour({"a": named("a"), "b": named("b")})
    outcome = solve(workshop, target, elsewhere=neighbour)
    assert (workshop.done, outcome.filesystem.layers) == (["c"], (named("a"), named("b"), named("c")))
    # Not that of `a` by itself: it comes as a part of `b`.
    assert neighbour.brought == [Filesystem.of((named("a"), named("b"))).chain]
    workshop.present.names |= {named("a").diff_id, named("b").diff_id, *neighbour.brought}
    workshop.present.names.add(Filesystem.of((named("a"),)).chain)
    # It is in the own cache from now on, under its definition.
    assert solve(workshop, target).cached
    assert workshop.done == ["c"]


def test_a_target_that_is_known_elsewhere_is_brought_whole() -> None:
    workshop, neighbour = Workshop(), Neighbour({"a": named("a"), "b": named("b")})
    outcome = solve(workshop, made("b", made("a", ROOT)), elsewhere=neighbour)
    assert (workshop.done, neighbour.brought, outcome.created) == ([], [outcome.filesystem.chain], "there")


def test_what_a_build_finds_and_makes_is_noted_by_both_keys() -> None:
    workshop, neighbour, target = Workshop(), Neighbour(), made("a", ROOT)
    by_definition = asyncio.run(workshop.definition_key(target, [asyncio.run(workshop.definition_key(ROOT, []))]))
    by_content = asyncio.run(workshop.content_key(target, [Filesystem()]))
    solve(workshop, target, elsewhere=neighbour)
    assert sorted(neighbour.noted) == sorted([(by_definition, "t1"), (by_content, "t1")])
    neighbour.noted.clear()
    solve(workshop, target, elsewhere=neighbour)
    assert neighbour.noted == [(by_definition, "t1")]


def test_equal_files_elsewhere_count_by_the_key_of_the_content() -> None:
    workshop, target = Workshop(), made("a", ROOT)
    neighbour = Neighbour({"a": named("other")}, only_key=key("a", [""]))
    outcome = solve(workshop, target, elsewhere=neighbour)
    assert (workshop.done, outcome.layer, outcome.cached) == ([], named("other"), True)
    assert neighbour.brought == [outcome.filesystem.chain]


def test_what_others_have_that_is_as_good_takes_the_place_of_what_was_made() -> None:
    workshop, target = Workshop(), made("b", made("a", ROOT))
    settled = Outcome(Filesystem.of((named("theirs"),)), "there", named("theirs"), cached=True)
    neighbour = Neighbour(settled={"a": settled})
    outcome = solve(workshop, target, elsewhere=neighbour)
    assert (workshop.done, outcome.filesystem.layers) == (["a", "b"], (named("theirs"), named("b")))
    again = solve(workshop, target, salt="x", elsewhere=neighbour)
    assert again.filesystem.layers == (named("a"), named("b"))


def test_with_a_salt_nobody_elsewhere_is_asked() -> None:
    workshop, neighbour = Workshop(), Neighbour({"a": named("other")})
    assert solve(workshop, made("a", ROOT), salt="x", elsewhere=neighbour).layer == named("a")
    assert (workshop.done, neighbour.brought) == (["a"], [])
