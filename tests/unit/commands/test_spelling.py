"""Tests of commands.spelling."""

from __future__ import annotations

from jupyter_containers.commands.spelling import near


def test_names_like_a_word_are_proposed() -> None:
    assert near("imagse", ["images", "inspect"]) == "; did you mean images?"
    assert near("zzz", ["images"]) == ""
