from __future__ import annotations

import dataclasses
from typing import get_args

from jupyter_containers.build import progress


def test_events_are_values_that_name_their_step_first_if_they_have_one() -> None:
    for event in get_args(progress.Event):
        names = [field.name for field in dataclasses.fields(event)]
        assert ("number" in names) == event.__name__.startswith(("Step", "NodeChanged"))
        assert "number" not in names or names[0] == "number"
        assert event.__dataclass_params__.frozen
