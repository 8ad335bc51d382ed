"""Tests of client.build_reader, with lines as our daemon and as dockerd 20.10 send them."""

from __future__ import annotations

from jupyter_containers.client.build_reader import (
    BuildEvent,
    BuildReader,
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
from jupyter_containers.client.values import Json, Progress


def read(*lines: Json) -> list[BuildEvent]:
    reader = BuildReader()
    return [event for line in lines for event in reader.read(line)]


def test_our_daemon_says_what_it_means() -> None:
    started = {"number": 1, "total": 2, "text": "FROM x", "line": 3, "endLine": 4, "stage": "", "state": "started"}
    assert read(
        {"stream": "Step 1/2 : FROM x\n", "step": started},
        {"stream": " ---> Running in a\n", "step": {"number": 1, "state": "running"}},
        {"stream": "hi\n", "step": {"number": 1, "output": 2}},
        {"stream": " ---> Using cache\n", "step": {"number": 1, "state": "cached"}},
        {"stream": " ---> 1\n", "step": {"number": 1, "state": "done", "seconds": 0.5, "cached": True}},
        {"stream": "[Warning] line 2: hm\n", "step": {"line": 2, "warning": "hm"}},
        {"aux": {"ID": "sha256:1"}},
        {"stream": "Successfully built 1\n", "built": {"Names": ["a:b"], "Result": "r"}},
    ) == [
        StepStarted(1, 2, "FROM x", 3, 4),
        StepRunning(1),
        StepOutput(1, 2, "hi\n"),
        StepCached(1),
        StepDone(1, 0.5, cached=True),
        Warned(2, "hm"),
        ImageBuilt("sha256:1"),
        ImageBuilt("sha256:1", {}, ("a:b",), "r"),
    ]


def test_the_classic_text_is_read_where_nothing_else_is_said() -> None:
    assert read(
        {"stream": "Step 1/2 : FROM busybox"},
        {"stream": "\n"},
        {"stream": " ---> 7b54866a063b\n"},
        {"stream": "Step 2/2 : RUN echo hi"},
        {"stream": "\n"},
        {"stream": " ---> Running in a611f45bf1a1\n"},
        {"stream": "hi\n"},
        {"stream": "Removing intermediate container a611f45bf1a1\n"},
        {"stream": " ---> 4789b8aa94af\n"},
        {"aux": {"ID": "sha256:4"}},
        {"stream": "Successfully tagged x:latest\n"},
    ) == [
        StepStarted(1, 2, "FROM busybox"),
        StepDone(1),
        StepStarted(2, 2, "RUN echo hi"),
        StepRunning(2),
        StepOutput(2, 1, "hi\n"),
        StepDone(2),
        ImageBuilt("sha256:4"),
    ]


def test_a_cached_step_of_the_classic_text_is_done_as_cached() -> None:
    events = read({"stream": "Step 1/1 : RUN x"}, {"stream": " ---> Using cache\n"}, {"aux": {"ID": "sha256:1"}})
    assert events[1:3] == [StepCached(1), StepDone(1, cached=True)]


def test_the_way_of_a_base_image_is_progress() -> None:
    line = {"status": "Downloading", "id": "abc", "progressDetail": {"current": 1, "total": 2}}
    assert read(line) == [Progress("abc", "Downloading", 1, 2)]


def test_unknown_lines_say_nothing() -> None:
    assert read({}, {"aux": {}}, {"step": {"number": 1, "state": "dreaming"}, "stream": ""}) == []


def test_error_output_is_plain_text_whatever_stands_around_it() -> None:
    line = {"stream": "\x1b[91moh\n\x1b[0m", "step": {"number": 2, "output": 2}}
    assert list(BuildReader().read(line)) == [StepOutput(2, 2, "oh\n")]


def test_a_warning_says_its_lines() -> None:
    (warned,) = BuildReader().read({"stream": "", "step": {"line": 3, "endLine": 5, "warning": "hm"}})
    assert warned == Warned(3, "hm", 5)
    assert [each.sentence for each in (Warned(3, "hm", 5), Warned(3, "hm"), Warned(0, "hm"))] == [
        "lines 3 to 5: hm", "line 3: hm", "hm",
    ]  # fmt: skip


def test_the_graph_is_read() -> None:
    step = {"number": 2, "text": "COPY", "line": 3, "endLine": 4, "stage": 1, "stageName": "b", "inputs": [1]}
    assert read(
        {"graph": {"steps": [step]}},
        {"graph": {"number": 2, "state": "running"}},
        {"graph": {"number": 2, "state": "done", "seconds": 0.5, "size": 42}},
    ) == [
        Planned((PlannedStep(2, "COPY", 3, 4, 1, "b", (1,)),)),
        StepChanged(2, "running"),
        StepChanged(2, "done", 0.5, 42),
    ]
