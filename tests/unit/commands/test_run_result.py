"""Tests of commands.run_result."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from jupyter_containers.client.runs import Outcome
from jupyter_containers.client.values import Statistics
from jupyter_containers.commands.run_result import Carried, CommandFailed, Displayed, Interrupted, RunResult
from jupyter_containers.errors import NotFound
from jupyter_containers.variables.displays import Display

START = datetime(2026, 1, 1, tzinfo=UTC)


def ended(code: int, *pieces: tuple[int, bytes], out_of_memory: bool = False, interrupts: int = 0) -> RunResult:
    result = RunResult("busybox", ("ls", "a b"))
    for piece in pieces:
        list(result.apply(piece))
    outcome = Outcome("c0ffee", code, START, START + timedelta(seconds=2), out_of_memory, interrupts)
    list(result.apply(outcome))
    return result


def test_a_result_has_what_a_program_wants_to_know() -> None:
    result = ended(0, (1, b"out\n"), (2, b"err\n"))
    assert (result.exit_code, result.stdout, result.stderr) == (0, "out\n", "err\n")
    assert (result.started, result.finished, result.duration) == (
        START,
        START + timedelta(seconds=2),
        timedelta(seconds=2),
    )


def test_it_is_true_when_the_exit_code_is_0() -> None:
    assert ended(0)
    assert not ended(1)
    assert not RunResult("x", ())


def test_the_text_of_a_run_that_went_well_is_its_output() -> None:
    assert ended(0, (1, b"a\n"), (2, b"b\n")).text() == "a\nb"


def test_a_silent_or_failed_run_tells_how_it_ended() -> None:
    assert ended(0).text() == "[exit 0 after 2.00 s]"
    assert ended(3, (1, b"x\n")).text() == "x\n[exit 3 after 2.00 s]"


def test_the_reason_of_an_end_is_told() -> None:
    assert ended(137, out_of_memory=True).state() == "exit 137 after 2.00 s · killed at the memory limit"
    assert ended(130, interrupts=1).state() == "exit 130 after 2.00 s · interrupted"


def test_a_terminal_is_told_the_output_as_it_comes() -> None:
    result = RunResult("x", ())
    assert list(result.apply((2, b"oops"))) == [(2, "oops")]
    assert result.state().startswith("running · ")


def test_what_could_not_start_has_no_exit_code() -> None:
    result = RunResult("x", ("nope",))
    list(result.apply(NotFound("no")))
    assert (result.state(), result.exit_code, result.data()["error"]) == ("not started", None, "no")


def test_what_was_stopped_before_it_ran_does_not_run() -> None:
    result = RunResult("x", ())
    list(result.apply(KeyboardInterrupt()))
    assert (result.state().split(" after")[0], result.interrupts) == ("stopped", 1)


def test_a_long_output_is_shown_by_its_end() -> None:
    result = ended(0, (1, b"line\n" * 1500))
    assert result.text().startswith("[500 lines before this are not shown;")
    assert result.text().count("\nline") == 1000
    assert result.stdout.count("\n") == 1500


def test_values_for_front_ends() -> None:
    data = ended(4, (1, b"out")).data()
    assert {name: data[name] for name in ("image", "command", "exitCode", "seconds", "output")} == {
        "image": "busybox",
        "command": ["ls", "a b"],
        "exitCode": 4,
        "seconds": 2.0,
        "output": [{"stream": 1, "text": "out"}],
    }


def test_the_failure_names_code_command_and_image() -> None:
    error = CommandFailed(ended(5))
    assert error.message == "exit code 5 (ls 'a b' in busybox)"
    assert error.details == {"exit_code": 5}
    assert error.result.exit_code == 5


def test_an_interrupt_is_a_keyboard_interrupt_with_a_result() -> None:
    result = ended(130)
    assert isinstance(Interrupted("stopped", result), KeyboardInterrupt)
    assert Interrupted("stopped", result).result is result


def test_what_came_with_a_run_is_told_below_its_output() -> None:
    result = RunResult("img", ("ls",))
    result.exit_code = 0
    result.displays, result.proof = [Display("shown")], ["ok  network"]
    result.changes = [("A", "/new\x1b[2J"), *(("C", f"/{number}") for number in range(60))]
    result.outputs = [Carried("y", ".npy", 80)]
    lines = result.text().splitlines()
    assert lines[:3] == ["shown", "ok  network", "A /new?[2J"]
    assert lines[-2:] == ["[11 more changes are in result.changes]", "[out: y (.npy, 80B)]"]
    assert "".join(text for _, text in result.closing()).splitlines() == lines


def test_what_it_used_is_told_where_it_is_known() -> None:
    result = RunResult("busybox", ("true",))
    now = datetime.now(UTC)
    result.apply(Outcome("c", 0, now, now))
    assert (result.statistics, result.used(), result.data()["cpuSeconds"]) == (None, "", None)
    result.apply(Outcome("c", 0, now, now, statistics=Statistics(0.05, 3_000_000)))
    assert result.used() == "50 ms CPU, 3MB memory"
    assert (result.data()["cpuSeconds"], result.data()["memoryPeakBytes"]) == (0.05, 3_000_000)
    result.apply(Outcome("c", 0, now, now, statistics=Statistics(0.05)))
    assert result.used() == "50 ms CPU"


def test_a_terminal_prints_each_display_once() -> None:
    result = RunResult("i", ("python",))
    first, second, third = (Display(text) for text in ("one", "two", "three"))
    assert list(result.apply(Displayed([first]))) == [(1, "one\n")]
    assert list(result.apply(Displayed([first, second]))) == [(1, "two\n")]
    result.displays = [first, second, third]
    assert list(result.closing()) == [(1, "three\n")]
    assert result.text().startswith("one\ntwo\nthree")
