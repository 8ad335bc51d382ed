"""Tests of pictures.freezes."""

from __future__ import annotations

from jupyter_containers.commands.freeze_result import FreezeResult
from jupyter_containers.freezing.comparison import CellCheck
from jupyter_containers.freezing.packages import LeftOut
from jupyter_containers.pictures import picture
from tests.support.pictures import EVIL, check, words


def test_what_an_image_says_is_text() -> None:
    result = FreezeResult(f"FROM {EVIL}".replace("\x1b", ""), [], [LeftOut(EVIL, EVIL, EVIL)])
    result.image, result.python, result.checks = EVIL, EVIL, [CellCheck(1, "failed", EVIL)]
    drawn = picture(result)
    check(drawn)
    assert "<script" not in drawn
    assert "\x1b" not in drawn


def test_the_verdict_is_in_words() -> None:
    result = FreezeResult("FROM host\n", [], [])
    result.checks, result.how, result.python = [CellCheck(1, "same")], "nbclient", "3.12"
    assert "✓ 1 cell: 1 same; run by nbclient, by Python 3.12" in words(result)
    result.checks = [CellCheck(1, "differs", "saved 1")]
    assert "✗ 1 cell: 1 differs" in words(result)
