"""Tests of pictures.builds."""

from __future__ import annotations

from jupyter_containers.client.build_reader import ImageBuilt, StepDone, StepOutput, StepStarted
from jupyter_containers.client.builds import BuildFailed
from jupyter_containers.commands.build_result import BuildResult
from jupyter_containers.pictures import picture
from tests.support.pictures import EVIL, after, words

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
