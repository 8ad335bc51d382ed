from __future__ import annotations

from jupyter_containers.cgroups.absent import AbsentManager
from jupyter_containers.oci.runtime_spec import Spec
from jupyter_containers.runtime import rehearsal
from jupyter_containers.runtime.plan import plan
from tests.support.page_copies import copies


def parse_and_plan() -> object:
    return plan(Spec.from_json(rehearsal._EXAMPLE), "/example")


def test_the_example_is_a_container_like_any_other() -> None:
    spec = Spec.from_json(rehearsal._EXAMPLE)
    assert Spec.from_json(spec.to_json()) == spec
    assert "pivot" in " ".join(operation.describe() for operation in plan(spec, "/example"))


def test_after_a_rehearsal_little_is_done_for_the_first_time() -> None:
    cgroups = AbsentManager("none here")
    rehearsal.rehearse(cgroups)
    assert copies(parse_and_plan) > 100
    assert copies(parse_and_plan, after=lambda: rehearsal.rehearse(cgroups)) < 40
