"""Builds on the wire: the classic builder's lines, and what ours adds."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_containers.api.filters import Filters
from jupyter_containers.api.wire.builds import (
    RED,
    RESET,
    BuildLines,
    is_directory_prunable,
    is_prunable,
    limits_from_wire,
)
from jupyter_containers.build.executor import StepLimits
from jupyter_containers.build.operations.caches import CacheDirectory
from jupyter_containers.build.progress import (
    Event,
    GraphPlanned,
    Node,
    NodeChanged,
    PullProgress,
    StepCached,
    StepDone,
    StepOutput,
    StepRunning,
    StepStarted,
    Warned,
)
from jupyter_containers.engine.cached_steps import CachedStep
from jupyter_containers.errors import InvalidParameter

STEP = CachedStep("key", "sha256:chain", "sha256:parent", "2024-01-01T00:00:00Z", 100.0)


def only(lines: BuildLines, event: Event) -> dict[str, Any]:
    (line,) = lines.lines(event)
    return line


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
        (Warned(0, "no"), "[Warning] no\n"),
    ],
)
def test_an_event_is_a_line_of_the_classic_builder(event: Event, text: str) -> None:
    assert only(BuildLines(), event)["stream"] == text


def test_a_step_says_where_it_stands_in_the_dockerfile() -> None:
    step = only(BuildLines(), StepStarted(1, 3, "RUN a", 4, 6, "build"))["step"]
    assert (step["number"], step["line"], step["endLine"], step["stage"], step["state"]) == (
        1,
        4,
        6,
        "build",
        "started",
    )
    assert only(BuildLines(), StepDone(1, IMAGE_ID, 0.25, cached=True))["step"] == {
        "number": 1, "state": "done", "seconds": 0.25, "cached": True,
    }  # fmt: skip


def test_output_is_cut_between_characters_for_each_stream_by_itself() -> None:
    lines, euro = BuildLines(), "€".encode()
    assert only(lines, StepOutput(1, 1, b"a" + euro[:1]))["stream"] == "a"
    assert only(lines, StepOutput(1, 2, b"b"))["stream"] == f"{RED}b{RESET}"
    assert lines.lines(StepOutput(3, 2, euro[:1])) == []
    assert only(lines, StepOutput(1, 1, euro[1:]))["stream"] == "€"
    assert only(lines, StepOutput(2, 1, b"\xff"))["stream"] == "\ufffd"


def test_a_pull_of_a_base_is_a_line_of_a_pull() -> None:
    line = only(BuildLines(), PullProgress("abc", "Downloading", 5, 10))
    assert (line["id"], line["status"], line["progressDetail"]) == ("abc", "Downloading", {"current": 5, "total": 10})
    assert only(BuildLines(), PullProgress("abc", "Waiting"))["progressDetail"] == {}


def test_the_end_of_a_steps_container_is_told_if_it_is_asked_for() -> None:
    lines = BuildLines(tells_removal=True)
    lines.lines(StepRunning(2, "c" * 64))
    told = [line["stream"] for line in lines.lines(StepDone(2, IMAGE_ID, 0.5))]
    assert told == ["Removing intermediate container cccccccccccc\n", " ---> 0123456789ab\n"]
    assert len(lines.lines(StepDone(3, IMAGE_ID, 0.5))) == 1


def test_limits_are_read_and_wrong_ones_refused() -> None:
    numbers = {"memory": 5, "shm_size": 7}
    limits = limits_from_wire(
        numbers, [{"Name": "nofile", "Soft": 1, "Hard": 2}], extra_hosts=["a:1.2.3.4"], cpuset_cpus="0", cpuset_mems=""
    )
    assert limits == StepLimits(
        memory=5, shm_size=7, ulimits=(("nofile", 1, 2),), extra_hosts=("a:1.2.3.4",), cpuset_cpus="0"
    )
    for wrong in ([7], [{"Name": 7}], [{"Name": "nofile", "Soft": "1"}]):
        with pytest.raises(InvalidParameter):
            limits_from_wire({}, wrong, extra_hosts=[], cpuset_cpus="", cpuset_mems="")


@pytest.mark.parametrize(
    ("wanted", "until", "is_shared", "goes"),
    [
        ({}, [], False, True),
        ({}, [101.0], False, True),
        ({}, [99.0], False, False),
        ({"shared": ("true",)}, [], True, True),
        ({"shared": ("true",)}, [], False, False),
        ({"private": ("true",)}, [], True, False),
        ({"inuse": ("true",)}, [], True, False),
        ({"id": ("key", "x")}, [], False, True),
        ({"id": ("other",)}, [], False, False),
        ({"parent": ("sha256:parent",), "type": ("regular",)}, [], False, True),
        ({"type": ("exec.cachemount",)}, [], False, False),
    ],
)
def test_a_prune_takes_what_its_filters_say(wanted: Filters, until: list[float], is_shared: bool, goes: bool) -> None:
    assert is_prunable(STEP, wanted, until, is_shared) is goes


def test_a_warning_about_several_lines_says_the_last_one() -> None:
    (line,) = BuildLines().lines(Warned(4, "no", 6))
    assert line["step"] == {"line": 4, "endLine": 6, "warning": "no"}


@pytest.mark.parametrize(
    ("wanted", "until", "in_use", "goes"),
    [
        ({}, [], False, True),
        ({}, [], True, False),
        ({}, [4.0], False, False),
        ({}, [6.0], False, True),
        ({"type": ("exec.cachemount",)}, [], False, True),
        ({"type": ("regular",)}, [], False, False),
        ({"id": ("ke",)}, [], False, True),
        ({"id": ("other",)}, [], False, False),
        ({"shared": ("true",)}, [], False, False),
        ({"private": ("true",)}, [], False, True),
    ],
)
def test_which_directories_of_cache_mounts_a_prune_takes(
    wanted: dict[str, tuple[str, ...]], until: list[float], in_use: bool, goes: bool
) -> None:
    found = CacheDirectory("key", "", 5.0, 7, in_use=in_use)
    assert is_directory_prunable(found, wanted, until) is goes


def test_the_graph_is_told_to_who_asks_for_it() -> None:
    planned = GraphPlanned((Node(1, "FROM x", (1, 2), 0, "a"), Node(2, "COPY", (3, 3), 1, "", (1,))))
    changed = NodeChanged(1, "done", 0.5, 42)
    assert BuildLines().lines(planned) == BuildLines().lines(changed) == []
    asked = BuildLines(tells_graph=True)
    steps = only(asked, planned)["graph"]["steps"]
    assert steps[1] == {
        "number": 2, "text": "COPY", "line": 3, "endLine": 3, "stage": 1, "stageName": "", "inputs": [1],
    }  # fmt: skip
    assert only(asked, changed) == {"graph": {"number": 1, "state": "done", "seconds": 0.5, "size": 42}}
    assert only(asked, NodeChanged(1, "running")) == {"graph": {"number": 1, "state": "running"}}
