"""Tests of commands.pulling."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_containers.client.values import Progress
from jupyter_containers.commands.pulling import ensure_image
from jupyter_containers.errors import ContainersError, NotFound
from tests.support.front_double import SessionOn


class Images:
    def __init__(self, *known: str, reachable: bool = True) -> None:
        self.known, self.reachable, self.pulled = known, reachable, list[str]()

    def inspect(self, name: str, *, platform: str = "") -> dict[str, Any]:
        if name not in self.known or platform == "linux/arm64":
            raise NotFound(f"No such image: {name}")
        return {}

    def pull(self, name: str, progress: Any, *, platform: str) -> None:
        if not self.reachable:
            raise ContainersError("no such host")
        self.pulled.append(name)
        progress(Progress("abc", "Pull complete"))


def ensured(images: Images, name: str, when: str, platform: str = "") -> SessionOn:
    session = SessionOn(SimpleNamespace(images=images))
    ensure_image(session, name, when, platform)
    return session


def test_an_image_that_is_here_is_not_fetched() -> None:
    images = Images("here")
    assert ensured(images, "here", "missing").remembering.shown == []
    assert images.pulled == []


def test_an_image_that_is_missing_is_fetched_before_your_eyes() -> None:
    images = Images()
    session = ensured(images, "there", "missing")
    assert images.pulled == ["there"]
    assert session.remembering.said == [(1, "abc: Pull complete\n")]


def test_an_image_that_is_here_for_another_platform_is_fetched_for_this_one() -> None:
    images = Images("here")
    ensured(images, "here", "missing", "linux/arm64")
    assert images.pulled == ["here"]


def test_always_and_never_are_kept() -> None:
    images = Images("here")
    ensured(images, "here", "always")
    ensured(images, "there", "never")
    assert images.pulled == ["here"]


def test_an_unknown_image_is_told_with_what_was_tried() -> None:
    with pytest.raises(NotFound, match="no image nope here, and it cannot be pulled: no such host"):
        ensured(Images(reachable=False), "nope", "missing")
    with pytest.raises(
        NotFound, match="no such host; where a Debian mirror is reached, image bootstrap debian:12 makes"
    ):
        ensured(Images(reachable=False), "debian:12", "missing")
