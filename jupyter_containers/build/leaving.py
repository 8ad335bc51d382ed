"""What may not leave this machine: its own root, be it as an image or as what a cache tells others.

Asked of the plan, so that a build whose result could go nowhere is refused before anything of it is done.
"""

from __future__ import annotations

from typing import Literal

from jupyter_containers.build.dockerfile.to_graph.plan import Opening, Plan, PlannedStep
from jupyter_containers.build.failures import place
from jupyter_containers.errors import Unsupported

# How much of what a build does is told to others: nothing, what its image is made of, or all stages.
Told = Literal["", "min", "max"]


def check_image(planned: Plan) -> None:
    """Raise Unsupported, blaming the FROM, if the target stands on this machine's own root."""
    if opening := _on_host(planned).get(planned.stage):
        raise _refused("this build stands on this machine's own root, which does not leave it", opening)


def check_cache(planned: Plan, told: Told) -> None:
    """Raise Unsupported, blaming the FROM, if a step that is told to others is done on this machine's own root."""
    on_host = _on_host(planned)
    leaving = {"": set[int](), "min": _lineage(planned.stage, on_host), "max": set(on_host)}[told]
    for step in planned.steps:
        if step.stage in leaving and step.vertex is not None and step.opens is None:
            reason = "this build stands on this machine's own root, and its cache cannot leave the machine"
            raise _refused(reason, on_host[step.stage])


def _on_host(planned: Plan) -> dict[int, PlannedStep]:
    """Return the stages that stand on this machine's own root, each with its FROM."""
    found: dict[int, PlannedStep] = {}
    for step in planned.steps:
        if step.opens is not None and _is_host(step.opens, found):
            found[step.stage] = step
    return found


def _is_host(opening: Opening, on_host: dict[int, PlannedStep]) -> bool:
    if opening.parent is not None:
        return opening.parent in on_host
    return opening.image is not None and opening.image.is_host


def _lineage(stage: int | None, on_host: dict[int, PlannedStep]) -> set[int]:
    found: set[int] = set()
    while stage is not None and (step := on_host.get(stage)) is not None and step.opens is not None:
        found.add(stage)
        stage = step.opens.parent
    return found


def _refused(reason: str, opening: PlannedStep) -> Unsupported:
    error = Unsupported(f"{reason}; copy what you need into a stage FROM scratch")
    place(error, opening.lines, opening.text)
    return error
