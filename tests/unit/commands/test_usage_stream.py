"""Tests of commands.usage_stream; with a daemon: tests/integration/magics/test_statistics.py."""

from __future__ import annotations

from jupyter_containers.commands.usage_stream import KEPT, UsageStream


def sampled(count: int) -> tuple[UsageStream, str]:
    result, said = UsageStream(), ""
    for number in range(count):
        for _, text in result.apply({"web": {"memory_stats": {"usage": number}}}):
            said = text
    return result, said


def test_the_last_sample_is_the_table_and_a_bounded_course_is_kept() -> None:
    result, said = sampled(KEPT + 7)
    assert result.latest.records[0]["memory_bytes"] == KEPT + 6
    assert len(result.courses["web"]) == KEPT
    assert said.startswith("\x1b[H\x1b[2JNAME")
    assert len(result.data()["courses"]["web"]) == KEPT
    assert result.summary() == "1 container"


def test_what_has_ended_leaves_the_table_and_keeps_its_course() -> None:
    result, _ = sampled(2)
    list(result.apply({}))
    assert result.latest.rows == ()
    assert len(result.courses["web"]) == 2
    list(result.apply(KeyboardInterrupt()))
    assert result.ended
