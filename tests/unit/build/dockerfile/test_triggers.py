from __future__ import annotations

import pytest

from jupyter_containers.build.dockerfile import lines
from jupyter_containers.build.dockerfile.failures import DockerfileError
from jupyter_containers.build.dockerfile.instructions import Copy, Env, Run
from jupyter_containers.build.dockerfile.stages import Dockerfile, divide
from jupyter_containers.build.dockerfile.triggers import MAX_TRIGGERS, with_triggers
from jupyter_containers.oci.image_config import ProcessDefaults
from tests.support.planning import image


def triggered(text: str, *on_build: str) -> Dockerfile:
    images = {"base": image(ProcessDefaults(on_build=on_build))}
    return with_triggers(divide(lines.read(text), {}), images)


def test_what_an_image_left_is_part_of_the_stage_on_it() -> None:
    stages = triggered("FROM base\nFROM scratch\nFROM unknown\n", "ENV a=b", "RUN x").stages
    assert [type(trigger.instruction) for trigger in stages[0].triggers] == [Env, Run]
    assert stages[1].triggers == stages[2].triggers == ()
    assert stages[0].triggers[0].line.lines == (1, 1)


def test_what_a_stage_left_is_part_of_those_on_it_and_runs_once() -> None:
    stages = triggered("FROM base AS a\nONBUILD ENV c=d\nFROM a AS b\nFROM b\n", "ENV a=b").stages
    assert [[trigger.line.text for trigger in stage.triggers] for stage in stages] == [["ENV a=b"], ["ENV c=d"], []]


def test_a_trigger_may_take_files_from_stages_before() -> None:
    dockerfile = triggered("FROM scratch AS made\nFROM scratch\nFROM base\n", "COPY --from=made /a /a")
    assert [stage.number for stage in dockerfile.needed(dockerfile.target(""))] == [0, 2]


def test_heredocs_are_kept_in_the_trigger() -> None:
    text = "FROM base AS a\nONBUILD COPY <<x <<-'y' /d/\n$V\nx\n\t$V\n\ty\nFROM a\n"
    (trigger,) = triggered(text).stages[1].triggers
    assert isinstance(trigger.instruction, Copy)
    assert [(h.name, h.content, h.expand) for h in trigger.instruction.heredocs] == [
        ("x", "$V\n", True),
        ("y", "$V\n", False),
    ]


@pytest.mark.parametrize(
    ("trigger", "complaint"),
    [
        ("FROM x", "FROM isn't allowed as an ONBUILD trigger"), ("onbuild RUN x", "Chaining ONBUILD"),
        ("MAINTAINER x", "MAINTAINER isn't allowed"), ("NOPE", "unknown instruction: NOPE"),
        ("RUN a\nRUN b", "is 2 instructions"), ("# only this", "is no instruction"),
        ("RUN <<x\n", "unterminated heredoc"),
    ],
)  # fmt: skip
def test_what_a_stranger_left_is_read_with_care(trigger: str, complaint: str) -> None:
    with pytest.raises(DockerfileError, match=complaint) as caught:
        triggered("ARG a\nFROM base\n", trigger)
    assert (caught.value.details["line"], caught.value.details["end_line"]) == (2, 2)


@pytest.mark.parametrize(
    "triggers", [["RUN x"] * (MAX_TRIGGERS // 3 + 1), ["RUN " + "x" * (lines.MAX_TEXT_BYTES // 3)]]
)
def test_there_are_not_too_many_in_all_stages_together(triggers: list[str]) -> None:
    assert len(triggered("FROM base\n" * 2, *triggers).stages[1].triggers) == len(triggers)
    with pytest.raises(DockerfileError, match="at most 5000 with 4194304 are run") as caught:
        triggered("FROM base\n" * 3, *triggers)
    assert caught.value.details["line"] == 3
