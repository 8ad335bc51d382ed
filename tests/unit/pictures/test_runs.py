"""Tests of pictures.runs."""

from __future__ import annotations

from datetime import UTC, datetime

from jupyter_containers.client.runs import Outcome
from jupyter_containers.commands.results import LiveResult
from jupyter_containers.commands.run_result import Displayed, RunResult
from jupyter_containers.pictures.runs import draw_display, draw_live
from jupyter_containers.variables.displays import Display
from tests.support.pictures import EVIL, after, words

NOW = datetime.now(UTC)


def run_of(*events: object) -> LiveResult:
    return after(RunResult(EVIL, (EVIL,)), *events)


def test_a_state_is_said_in_words_and_not_only_in_colour() -> None:
    assert "✓ exit 0 after 0 ms" in words(run_of((1, EVIL.encode()), Outcome("c", 0, NOW, NOW)))
    killed = run_of((1, b"line\n"), Outcome("c", 3, NOW, NOW, out_of_memory=True))
    assert "✗ exit 3 after 0 ms · killed at the memory limit" in words(killed)
    assert "● running" in words(run_of((1, b"still ")))


def test_a_table_that_a_container_showed_is_text() -> None:
    assert "&lt;script&gt;" in draw_display(Display("t", titles=("A",), rows=(("<script>",),)))


def test_while_it_runs_the_last_displays_are_drawn() -> None:
    result = RunResult("i", ("python",))
    result.apply(Displayed([Display(f"shown {number};") for number in range(12)]))
    drawn = str(draw_live(result))
    assert "2 more before, shown at the end" in drawn
    assert "shown 1;" not in drawn
    assert drawn.index("shown 2;") < drawn.index("shown 11;") < drawn.index("● running")


def test_while_it_runs_large_pictures_wait() -> None:
    result = RunResult("i", ("python",))
    result.apply(Displayed([Display("small", b"x"), Display("large", bytes(1 << 20))]))
    assert str(draw_live(result)).count("<img") == 0
    assert "[a large picture, shown at the end]" in str(draw_live(result))
    result.apply(Displayed([Display("large", bytes(1 << 20)), Display("small", b"x")]))
    assert str(draw_live(result)).count("<img") == 1
