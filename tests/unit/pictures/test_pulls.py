"""Tests of pictures.pulls."""

from __future__ import annotations

from jupyter_containers.client.values import Progress
from jupyter_containers.commands.pull_result import PullResult
from jupyter_containers.pictures import picture
from tests.support.pictures import after


def test_a_layer_on_its_way_has_a_bar() -> None:
    assert '<progress value="1" max="3">' in picture(after(PullResult("x"), Progress("a", "Downloading", 1, 3)))
