"""Tests of pictures.checkups."""

from __future__ import annotations

from jupyter_containers.commands.daemon import Checkup
from tests.support.pictures import words

LACK = {"name": "overlay", "available": False, "essential": True, "reason": "why", "cost": "much", "remedy": "do"}


def test_a_lack_is_told_with_its_cost_and_its_remedy() -> None:
    text = words(Checkup({"canRun": False, "features": [LACK]}))
    assert "✗ no" in text
    assert "why\ncost: much\nmend: do" in text
