"""The end of a step's output."""

from __future__ import annotations

from jupyter_containers.build.failed_step import OUTPUT_BYTES, OUTPUT_LINES, Tail
from jupyter_containers.build.progress import Output, Report, Running


def test_all_is_passed_on_and_the_last_lines_are_known() -> None:
    passed: list[Report] = []
    tail = Tail(passed.append)
    reports = [Running("1"), Output(1, b"one\ntw"), Output(1, b"o\n"), Output(2, b"three\n\n")]
    for report in reports:
        tail(report)
    assert passed == reports
    assert tail.lines() == ("one", "two", "three")


def test_a_step_that_said_nothing_has_no_lines() -> None:
    assert Tail(lambda _: None).lines() == ()


def test_endless_output_is_held_in_a_bounded_place() -> None:
    tail = Tail(lambda _: None)
    for number in range(OUTPUT_LINES + 5):
        tail(Output(1, b"%d\n" % number))
    assert tail.lines() == tuple(str(number) for number in range(5, OUTPUT_LINES + 5))
    tail(Output(1, b"x" * (2 * OUTPUT_BYTES)))
    assert tail.lines() == ("x" * OUTPUT_BYTES,)
