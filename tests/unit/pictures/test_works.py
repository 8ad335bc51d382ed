"""Tests of pictures.works."""

from __future__ import annotations

from jupyter_containers.commands.work import Advanced, Work
from jupyter_containers.pictures import picture
from tests.support.pictures import EVIL, after, check


def test_a_bar_shows_how_far_it_is_or_that_nobody_knows() -> None:
    unknown = picture(Work(EVIL))
    check(unknown)
    assert "<progress></progress>" in unknown
    assert '<progress value="3" max="10">' in picture(after(Work("x"), Advanced(3, 10)))
    assert "<progress" not in picture(after(Work("x"), "done"))
    assert "✗" in picture(after(Work("x"), "failed"))
