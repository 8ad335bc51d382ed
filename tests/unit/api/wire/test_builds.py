"""Builds on the wire: the classic builder's lines, and what ours adds."""

from __future__ import annotations

import pytest

from jupyter_containers.api.wire.builds import BuildLines
from jupyter_containers.build.progress import (
    Event,
    PullProgress,
    StepCached,
    StepDone,
    StepOutput,
    StepRunning,
    StepStarted,
    Warned,
)

IMAGE_ID = "sha256:" + "0123456789ab" * 5 + "cdef"


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (StepStarted(1, 3, "FROM busybox", 1, 1), "Step 1/3 : FROM busybox\n"),
        (StepRunning(2, "c" * 64), " ---> Running in cccccccccccc\n"),
        (StepCached(2), " ---> Using cache\n"),
        (StepDone(2, IMAGE_ID, 0.5), " ---> 0123456789ab\n"),
        (StepDone(2, "", 0.5), ""),
        (Warned(4, "no"), "[Warning] line 4: no\n"),
    ],
)
def test_an_event_is_a_line_of_the_classic_builder(event: Event, text: str) -> None:
    assert BuildLines().line(event)["stream"] == text


def test_a_step_says_where_it_stands_in_the_dockerfile() -> None:
    step = BuildLines().line(StepStarted(1, 3, "RUN a", 4, 6, "build"))["step"]
    assert (step["number"], step["line"], step["endLine"], step["stage"], step["state"]) == (
        1,
        4,
        6,
        "build",
        "started",
    )
    assert BuildLines().line(StepDone(1, IMAGE_ID, 0.25, cached=True))["step"] == {
        "number": 1, "state": "done", "seconds": 0.25, "cached": True,
    }  # fmt: skip


def test_output_is_cut_between_characters_for_each_stream_by_itself() -> None:
    lines, euro = BuildLines(), "€".encode()
    assert lines.line(StepOutput(1, 1, b"a" + euro[:1]))["stream"] == "a"
    assert lines.line(StepOutput(1, 2, b"b"))["stream"] == "b"
    assert lines.line(StepOutput(1, 1, euro[1:]))["stream"] == "€"
    assert lines.line(StepOutput(2, 1, b"\xff"))["stream"] == "\ufffd"


def test_a_pull_of_a_base_is_a_line_of_a_pull() -> None:
    line = BuildLines().line(PullProgress("abc", "Downloading", 5, 10))
    assert (line["id"], line["status"], line["progressDetail"]) == ("abc", "Downloading", {"current": 5, "total": 10})
    assert BuildLines().line(PullProgress("abc", "Waiting"))["progressDetail"] == {}
