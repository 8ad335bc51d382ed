"""ONBUILD: what a base left for those who build on it becomes lines of their stage, right after FROM."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from jupyter_containers.build.dockerfile import lines
from jupyter_containers.build.dockerfile.failures import DockerfileError
from jupyter_containers.build.dockerfile.instructions import Onbuild, Statement, parse_trigger
from jupyter_containers.build.dockerfile.lines import Line
from jupyter_containers.build.dockerfile.stages import Dockerfile, Stage
from jupyter_containers.images.walk import Image

# Every line carries the whole environment before it; no image has so many.
MAX_TRIGGERS = 1000


def with_triggers(dockerfile: Dockerfile, images: Mapping[str, Image]) -> Dockerfile:
    """Return the Dockerfile with the triggers of all bases that are known; images that are not have none.

    Raises DockerfileError, blaming the FROM, for a trigger that cannot be.
    """
    stages = [replace(stage, triggers=_triggers(stage, dockerfile, images)) for stage in dockerfile.stages]
    return replace(dockerfile, stages=tuple(stages))


def _triggers(stage: Stage, dockerfile: Dockerfile, images: Mapping[str, Image]) -> tuple[Statement, ...]:
    opening = stage.opening.line
    if stage.parent is not None:
        return _read(_left_by(dockerfile.stages[stage.parent]), opening)
    if dockerfile.is_scratch(stage.base) or dockerfile.folder(stage.base) is not None:
        return ()
    image = images.get(dockerfile.base_key(stage))
    return _read(image.config.process.on_build, opening) if image else ()


def _left_by(stage: Stage) -> list[str]:
    """Those of the stage's own base have run by then and are gone."""
    return [
        statement.instruction.trigger for statement in stage.statements if isinstance(statement.instruction, Onbuild)
    ]


def _read(texts: Sequence[str], opening: Line) -> tuple[Statement, ...]:
    if len(texts) > MAX_TRIGGERS:
        raise opening.error(f"the base has {len(texts)} ONBUILD triggers; at most {MAX_TRIGGERS} are run")
    return tuple(parse_trigger(_line(text, opening), opening) for text in texts)


def _line(text: str, opening: Line) -> Line:
    try:
        found = lines.read(text).lines
    except DockerfileError as error:
        raise opening.error(f"a trigger of the base is no instruction: {error.message}") from error
    if len(found) != 1:
        raise opening.error(f"a trigger of the base is {len(found)} instructions, and should be one")
    return replace(found[0], start=opening.start, end=opening.end)
