"""Tests of pictures.bootstraps."""

from __future__ import annotations

from jupyter_containers.commands.bootstrap_result import BootstrapResult
from tests.support.pictures import words


def test_an_image_not_begun_says_what_it_is_about() -> None:
    assert "debian:bookworm" in words(BootstrapResult("debian:bookworm"))
