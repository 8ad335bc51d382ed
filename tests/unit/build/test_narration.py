from __future__ import annotations

from jupyter_containers.build.cache import Cache
from jupyter_containers.build.filesystem import Filesystem, Outcome
from jupyter_containers.build.ledger import Ledger
from jupyter_containers.build.narration import HELD_BACK_BYTES, Narration
from jupyter_containers.build.progress import (
    Event,
    Output,
    Running,
    StepCached,
    StepDone,
    StepOutput,
    StepRunning,
    StepStarted,
    Warned,
)
from tests.support.build_fakes import Present, Records
from tests.support.planning import planned

CACHED = Outcome(Filesystem(), "t", cached=True)
FRESH = Outcome(Filesystem(), "t")


class Telling:
    """A narration of a plan, driven by hand; `said` is what a front end hears, shortened."""

    def __init__(self, text: str) -> None:
        self.plan = planned(text)
        self.events: list[Event] = []
        present = Present()
        ledger = Ledger(Cache(Records(), present, present), accepts=lambda _created: True, now=lambda: "now")
        self.now = 0.0
        self.narration = Narration(self.plan, ledger, self.events.append, monotonic=lambda: self.now)

    def finish(self, number: int, outcome: Outcome = FRESH) -> None:
        self.narration.finished(self._vertex(number), outcome)

    def start(self, number: int) -> None:
        self.narration.started(self._vertex(number))

    def report(self, number: int, content: bytes) -> None:
        self.narration.reported(self._vertex(number), Output(1, content))

    def _vertex(self, number: int):
        vertex = self.plan.steps[number - 1].vertex
        assert vertex is not None
        return vertex

    @property
    def said(self) -> list[str]:
        return [_short(event) for event in self.events]


def _short(event: Event) -> str:
    match event:
        case StepStarted(number):
            return f"start {number}"
        case StepOutput(number, _, content):
            return f"output {number} {content.decode()}"
        case StepRunning(number):
            return f"running {number}"
        case StepCached(number):
            return f"cached {number}"
        case StepDone(number):
            return f"done {number}"
        case _:
            return type(event).__name__


TWO_STAGES = "FROM busybox AS a\nRUN one\nFROM busybox\nRUN two\nENV x=1\nCOPY --from=a /x /y\n"


def test_steps_are_told_in_order_whatever_finishes_first() -> None:
    told = Telling(TWO_STAGES)
    told.finish(1, CACHED)
    told.start(2)
    told.start(4)
    told.report(4, b"early")
    told.finish(4)
    assert told.said == ["start 1", "done 1", "start 2"]
    told.report(2, b"live")
    told.finish(2)
    assert told.said[3:] == [
        "output 2 live", "done 2", "start 3", "done 3", "start 4", "output 4 early", "done 4", "start 5", "done 5",
        "start 6",
    ]  # fmt: skip


def test_output_of_the_step_at_hand_is_told_at_once() -> None:
    told = Telling("FROM busybox\nRUN one\n")
    told.finish(1, CACHED)
    told.narration.reported(told.plan.steps[1].vertex, Running("id"))
    told.report(2, b"x")
    assert told.said[-2:] == ["running 2", "output 2 x"]


def test_what_is_cached_says_so_but_a_base_image_does_not() -> None:
    told = Telling("FROM busybox\nRUN one\n")
    told.finish(1, CACHED)
    told.finish(2, CACHED)
    assert told.said == ["start 1", "done 1", "start 2", "cached 2", "done 2"]


def test_equal_steps_are_done_once_and_then_cached() -> None:
    told = Telling("FROM busybox AS a\nRUN one\nFROM busybox\nRUN one\nCOPY --from=a /x /y\n")
    told.finish(1, CACHED)
    told.report(2, b"once")
    told.finish(2)
    assert told.said.count("output 2 once") == 1
    assert "cached 4" in told.said


def test_steps_that_nobody_needed_are_told_as_cached() -> None:
    told = Telling(TWO_STAGES)
    told.finish(1, CACHED)
    told.narration.unneeded(told.plan.steps[1].vertex)
    assert told.said[2:5] == ["start 2", "cached 2", "done 2"]


def test_the_step_that_failed_is_seen_with_its_output() -> None:
    told = Telling(TWO_STAGES)
    told.finish(1, CACHED)
    told.report(4, b"why")
    told.narration.failed(told.plan.steps[3].vertex)
    assert told.said[-2:] == ["start 4", "output 4 why"]


def test_the_step_at_hand_is_not_announced_twice_when_it_fails() -> None:
    told = Telling("FROM busybox\nRUN one\n")
    told.finish(1, CACHED)
    told.narration.failed(told.plan.steps[1].vertex)
    assert told.said.count("start 2") == 1


def test_output_held_back_has_a_limit() -> None:
    told = Telling(TWO_STAGES)
    told.finish(1, CACHED)
    for _ in range(40):
        told.report(4, b"x" * (HELD_BACK_BYTES // 20))
    told.finish(2)
    outputs = [event for event in told.events if isinstance(event, StepOutput)]
    assert len(outputs) == 21
    assert b"clipped" in outputs[-1].content


def test_durations_are_those_of_the_work() -> None:
    told = Telling("FROM busybox\nRUN one\n")
    told.finish(1, CACHED)
    told.start(2)
    told.now = 2.5
    told.finish(2)
    assert isinstance(told.events[-1], StepDone)
    assert told.events[-1].seconds == 2.5


def test_started_steps_say_text_place_and_stage() -> None:
    told = Telling("FROM busybox AS a\nRUN one \\\n  two\n")
    told.finish(1, CACHED)
    assert told.events[-1] == StepStarted(2, 2, "RUN one   two", 2, 3, "a")


def test_warnings_come_first() -> None:
    told = Telling("FROM busybox\nRUN one \\\n\n  two\n")
    assert told.events == [Warned(2, "Empty continuation line found in: RUN one   two")]
