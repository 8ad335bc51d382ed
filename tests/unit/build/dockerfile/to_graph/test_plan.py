from __future__ import annotations

from tests.support.planning import planned


def test_a_plan_says_which_stage_becomes_the_image() -> None:
    found = planned("FROM busybox AS a\nRUN x\nFROM busybox AS b\nRUN y\nFROM a AS c\n", target="b")
    assert found.stage == 1
    assert found.stage_names == ("a", "b", "c")
    assert found.target is found.steps[-1].vertex
    assert {step.stage for step in found.steps} == {1}
