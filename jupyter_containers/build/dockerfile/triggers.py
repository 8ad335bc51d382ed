"""ONBUILD: what a base left for those who build on it becomes lines of their stage, right after FROM."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from jupyter_containers.build.dockerfile import lines
from jupyter_containers.build.dockerfile.failures import DockerfileError
from jupyter_containers.build.dockerfile.instructions import Onbuild, parse_trigger
from jupyter_containers.build.dockerfile.lines import Line
from jupyter_containers.build.dockerfile.stages import MAX_INSTRUCTIONS, Dockerfile, Stage
from jupyter_containers.images.walk import Image

# In all stages together, as in a Dockerfile: stages on one stage run its triggers each for itself.
MAX_TRIGGERS = MAX_INSTRUCTIONS


def with_triggers(dockerfile: Dockerfile, images: Mapping[str, Image]) -> Dockerfile:
    """Return the Dockerfile with the triggers of all bases that are known; images that are not have none.

    Raises DockerfileError, blaming the FROM, for a trigger that cannot be.
    """
    stages: list[Stage] = []
    count = size = 0
    for stage in dockerfile.stages:
        texts, opening = _texts(stage, dockerfile, images), stage.opening.line
        count, size = count + len(texts), size + sum(map(len, texts))
        if count > MAX_TRIGGERS or size > lines.MAX_TEXT_BYTES:
            raise opening.error(
                f"the ONBUILD triggers of all bases are {count} with {size} characters; at most {MAX_TRIGGERS} with "
                f"{lines.MAX_TEXT_BYTES} are run"
            )
        triggers = tuple(parse_trigger(_line(text, opening), opening) for text in texts)
        stages.append(replace(stage, triggers=triggers))
    return replace(dockerfile, stages=tuple(stages))


def _texts(stage: Stage, dockerfile: Dockerfile, images: Mapping[str, Image]) -> Sequence[str]:
    if stage.parent is not None:
        return _left_by(dockerfile.stages[stage.parent])
    if dockerfile.is_scratch(stage.base) or dockerfile.folder(stage.base) is not None:
        return ()
    image = images.get(dockerfile.base_key(stage))
    return image.config.process.on_build if image else ()


def _left_by(stage: Stage) -> list[str]:
    """Those of the stage's own base have run by then and are gone."""
    return [
        statement.instruction.trigger for statement in stage.statements if isinstance(statement.instruction, Onbuild)
    ]


def _line(text: str, opening: Line) -> Line:
    try:
        found = lines.read(text).lines
    except DockerfileError as error:
        raise opening.error(f"a trigger of the base is no instruction: {error.message}") from error
    if len(found) != 1:
        raise opening.error(f"a trigger of the base is {len(found)} instructions, and should be one")
    return replace(found[0], start=opening.start, end=opening.end)
