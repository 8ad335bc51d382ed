"""Tests of pictures.output."""

from __future__ import annotations

from jupyter_containers.pictures.output import draw_output


def test_the_end_of_a_long_output_is_open() -> None:
    before, _, after_ = draw_output([(1, "line\n" * 100)]).partition("</details>")
    assert "60 earlier lines" in before
    assert after_.count("line") == 40


def test_standard_error_has_a_rule_at_its_side() -> None:
    assert draw_output([(1, "a\n"), (2, "b\n")]).count("border-left") == 1
