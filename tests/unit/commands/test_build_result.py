"""Tests of commands.build_result."""

from __future__ import annotations

from jupyter_containers.client.build_reader import (
    ImageBuilt,
    StepCached,
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
