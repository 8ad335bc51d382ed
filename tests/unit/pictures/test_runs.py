"""Tests of pictures.runs."""

from __future__ import annotations

from datetime import UTC, datetime

from jupyter_containers.client.runs import Outcome
from jupyter_containers.commands.results import LiveResult
from jupyter_containers.commands.run_result import RunResult
from jupyter_containers.pictures.runs import draw_display
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
