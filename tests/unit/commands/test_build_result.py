"""Tests of commands.build_result."""

from __future__ import annotations

from jupyter_containers.client.build_reader import (
    ImageBuilt,
    Planned,
    PlannedStep,
    StepCached,
    StepChanged,
    StepDone,
    StepOutput,
    StepRunning,
    StepStarted,
    Warned,
)
from jupyter_containers.client.builds import BuildFailed
from jupyter_containers.client.values import Progress
from jupyter_containers.commands.build_result import BuildResult, SourceLine

DOCKERFILE = "FROM busybox\nRUN echo one\nRUN echo two; \\\n    false\nCMD x\n"


def built(*events: object, dockerfile: str = DOCKERFILE) -> tuple[BuildResult, str]:
    result, said = BuildResult(dockerfile, ("hello",)), ""
    for event in events:
        said += "".join(text for _, text in result.apply(event))
    return result, said


def test_steps_have_states_and_times() -> None:
    result, said = built(
        StepStarted(1, 2, "FROM busybox", 1, 1),
        StepCached(1),
        StepDone(1, 0.0, cached=True),
        StepStarted(2, 2, "RUN echo one", 2, 2),
        StepRunning(2),
        StepOutput(2, 1, "one\n"),
        StepDone(2, 0.25),
        ImageBuilt("sha256:0123456789abcdef"),
    )
    assert result
    assert said == "Step 1/2 : FROM busybox\n ---> Using cache\nStep 2/2 : RUN echo one\none\n"
    lines = result.text().splitlines()
    assert lines[:3] == ["[1/2] FROM busybox   cached", "[2/2] RUN echo one   done 0.25 s", "      one"]
    assert lines[3].startswith("built 0123456789ab as hello in ")


def test_a_failed_step_underlines_its_lines() -> None:
    result, _ = built(
        StepStarted(1, 1, "RUN echo two;     false", 3, 4), BuildFailed("exit 1", code=1, line=3, end_line=4)
    )
    assert not result
    assert result.steps[1].state == "failed"
    assert result.excerpt_lines() == [
        "",
        "     1 | FROM busybox",
        "     2 | RUN echo one",
        "     3 | RUN echo two; \\",
        "       | ^^^^^^^^^^^^^^^",
        "     4 |     false",
        "       |     ^^^^^",
        "     5 | CMD x",
    ]
    assert result.verdict().startswith("failed in step 1 after ")


def test_a_daemon_that_tells_no_lines_is_helped() -> None:
    result, _ = built(StepStarted(3, 4, "RUN echo two;     false"), BuildFailed("exit 1", code=1))
    assert result.wrong_lines == (3, 3)
    result, _ = built(StepStarted(2, 4, "RUN echo one"), BuildFailed("exit 1", code=1))
    assert result.excerpt()[1] == SourceLine(2, "RUN echo one", True)


def test_an_error_without_a_line_shows_no_excerpt() -> None:
    result, _ = built(BuildFailed("nothing works"))
    assert result.excerpt() == []
    assert result.text().startswith("failed after ")


def test_an_interrupted_build_is_cancelled() -> None:
    result, _ = built(StepStarted(1, 1, "RUN x", 2, 2), KeyboardInterrupt())
    assert result.steps[1].state == "cancelled"
    assert result.verdict().startswith("cancelled after ")
    assert result.excerpt() == []


def test_warnings_have_their_line() -> None:
    result, said = built(Warned(2, "hm"), Warned(0, "general"))
    assert said == "warning: line 2: hm\nwarning: general\n"
    assert "warning: line 2: hm" in result.text()


def test_a_base_image_on_its_way_is_seen_while_it_comes() -> None:
    result, said = built(Progress("abc", "Downloading", 1, 2))
    assert said == "abc: Downloading\n"
    assert "abc: Downloading 1B of 2B" in result.text()


def test_events_of_unknown_steps_are_passed_over() -> None:
    result, _ = built(StepDone(7, 1.0), StepOutput(7, 1, "x"))
    assert result.steps == {}


def test_only_the_end_of_a_long_output_is_shown() -> None:
    result, _ = built(StepStarted(1, 1, "RUN x", 2, 2), StepOutput(1, 1, "line\n" * 99), StepDone(1, 1.0))
    assert result.steps[1].shown_output().count("line") == 10


def test_values_for_front_ends() -> None:
    result, _ = built(StepStarted(1, 1, "RUN x", 2, 2), BuildFailed("bad", line=2))
    data = result.data()
    assert (data["error"], data["wrongLines"], data["dockerfile"]) == ("bad", [2, 2], DOCKERFILE)
    assert data["steps"][0]["state"] == "failed"


def test_a_terminal_gets_the_excerpt_and_the_verdict_at_the_end() -> None:
    result, _ = built(StepStarted(1, 1, "RUN x", 2, 2), BuildFailed("bad", line=2))
    assert [stream for stream, _ in result.closing()] == [2]
    result, _ = built(ImageBuilt("sha256:1"))
    assert [text.startswith("built 1 as hello") for _, text in result.closing()] == [True]


GRAPH = Planned((
    PlannedStep(1, "FROM busybox AS a", 1, 1, 0, "a"), PlannedStep(2, "RUN one", 2, 2, 0, "a"),
    PlannedStep(3, "FROM busybox", 3, 3, 1), PlannedStep(4, "COPY --from=a /x /", 4, 4, 1, "", (2,)),
))  # fmt: skip


def test_steps_are_known_beforehand_and_change_out_of_turn() -> None:
    result, said = built(GRAPH, StepChanged(3, "done", 0.5), StepChanged(2, "running"))
    assert said == ""
    assert [step.state for step in result.steps.values()] == ["waiting", "running", "done", "waiting"]
    assert [step.number for step in result.begun] == [2, 3]
    assert {stage: [step.number for step in steps] for stage, steps in result.stages.items()} == {0: [1, 2], 1: [3, 4]}
    assert result.steps[2].taken is not None
    result.apply(StepChanged(2, "done", 2.0, 14_000_000))
    assert result.steps[2].state_text() == "done 2.00 s, 14MB"
    assert "RUN one" in result.text()
    assert "COPY" not in result.text()


def test_of_two_that_run_only_the_one_that_failed_has_failed() -> None:
    result, _ = built(
        GRAPH, StepStarted(2, 4, "RUN one", 2, 2), StepChanged(2, "running"), StepChanged(3, "running"),
        StepChanged(3, "failed"), BuildFailed("bad", line=3),
    )  # fmt: skip
    assert [step.state for step in result.steps.values()] == ["waiting", "cancelled", "failed", "waiting"]
    assert result.verdict().startswith("failed in step 3 after ")


def test_a_step_of_a_known_graph_waits_until_it_is_worked_on() -> None:
    result, _ = built(GRAPH, StepStarted(2, 4, "RUN one", 2, 2))
    assert result.steps[2].state == "waiting"
    assert result.data()["steps"][3]["inputs"] == [2]
