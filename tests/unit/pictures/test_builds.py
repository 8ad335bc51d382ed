"""Tests of pictures.builds."""

from __future__ import annotations

from jupyter_containers.client.build_reader import (
    ImageBuilt,
    Planned,
    PlannedStep,
    StepChanged,
    StepDone,
    StepOutput,
    StepStarted,
)
from jupyter_containers.client.builds import BuildFailed
from jupyter_containers.commands.build_result import BuildResult
from jupyter_containers.pictures import picture
from tests.support.pictures import EVIL, after, check, words

BUILD = (StepStarted(1, 2, f"RUN {EVIL}", 1, 1), StepOutput(1, 1, f"{EVIL}\n"), StepDone(1, 0.5))
FAILED = (StepStarted(2, 2, "RUN x", 2, 2), BuildFailed(EVIL, line=1, end_line=2))


def test_the_state_of_a_step_is_said_in_words() -> None:
    assert "✓ done" in words(after(BuildResult(f"RUN {EVIL}\n", ()), *BUILD, ImageBuilt("sha256:1")))
    assert "✗ failed" in words(after(BuildResult(f"RUN {EVIL}\nRUN x", ()), *BUILD, *FAILED))


def test_the_wrong_lines_of_a_dockerfile_are_underlined() -> None:
    text = picture(after(BuildResult(f"RUN {EVIL}\nRUN x", ()), *BUILD, *FAILED))
    assert "Dockerfile, lines 1 to 2" in text
    assert text.count("<u>") == 2
    assert text.count("▸") == 2


def test_a_long_build_is_a_small_picture_while_it_goes_on() -> None:
    events = [e for n in range(1, 301) for e in (StepStarted(n, 300, f"RUN {n} {EVIL}", n, n), StepDone(n, 0.5))]
    result = after(BuildResult("", ()), *events, StepStarted(301, 301, "RUN x", 301, 301), StepOutput(301, 1, EVIL))
    text = picture(result, is_settled=False)
    check(text)
    assert len(text) < 12_000
    assert "289 steps before these are over" in text
    assert "300 of 301 steps" in text
    assert "alert(1)" in text.rpartition("step 301:")[2]
    assert picture(result).count("<tr>") == 302


def test_stages_lie_side_by_side_while_they_are_built() -> None:
    steps = tuple(PlannedStep(n, f"RUN {n} {EVIL}", n, n, n % 3, EVIL if n % 3 else "") for n in range(1, 91))
    result = after(BuildResult("", ()), Planned(steps), StepChanged(1, "running"), StepChanged(2, "done", 1.5, 14_000))
    text = picture(result, is_settled=False)
    check(text)
    assert text.count("<th ") == 3
    assert "✓ done 1.50 s · 14kB" in text
    assert "● running" in text
    assert "29 to come" in text
    assert len(text) < 12_000
