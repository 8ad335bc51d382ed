"""Tests of pictures.logs."""

from __future__ import annotations

from jupyter_containers.commands.containers import Logs
from jupyter_containers.pictures import picture
from tests.support.pictures import EVIL, after, words


def test_logs_are_text_whatever_they_hold() -> None:
    logs = after(Logs("c"), (1, EVIL.encode()))
    assert "&lt;script&gt;alert(1)" in words(logs)
    assert "<script>" not in picture(logs)
