"""Tests of pictures.usages."""

from __future__ import annotations

from jupyter_containers.commands.usage_stream import UsageStream
from jupyter_containers.pictures import picture
from tests.support.pictures import EVIL, after, check


def test_each_container_has_its_courses_in_words_too() -> None:
    text = picture(after(UsageStream(), *[{EVIL: {"memory_stats": {"usage": n}}} for n in (1000, 5000, 2000)]))
    check(text)
    assert "memory: at most 5kB in 3 samples" in text
    assert "2kB / 0B" in text


def test_without_containers_it_says_so() -> None:
    assert "no containers" in picture(UsageStream())
