"""Tests of commands.image_result: what pulls, pushes and bootstraps have in common."""

from __future__ import annotations

from collections.abc import Iterable

from jupyter_containers.client.values import Progress
from jupyter_containers.commands.image_result import ImageResult
from jupyter_containers.commands.results import Said
from jupyter_containers.errors import NotFound


class Painting(ImageResult):
    """An image that is made of colours."""

    def __init__(self) -> None:
        super().__init__("x")
        self.parts: list[Progress] = []

    def apply_to_part(self, step: Progress) -> Iterable[Said]:
        self.parts.append(step)
        return ((2, step.id),)

    def verdict(self) -> str:
        return self.status


def test_words_about_the_whole_are_its_status_and_the_others_go_to_parts() -> None:
    result = Painting()
    steps = [Progress("1", "Pulling from library/x"), Progress("red", "Mixing"), Progress("", "Waiting"),
             Progress("", "")]  # fmt: skip
    assert [[*result.apply(step)] for step in steps] == [
        [(1, "Pulling from library/x\n")], [(2, "red")], [(1, "Waiting\n")], [],
    ]  # fmt: skip
    assert (result.status, result.summary(), result.parts) == ("Waiting", "Waiting", [steps[1]])


def test_its_last_words_complete_it() -> None:
    result = Painting()
    list(result.apply(Progress("", "Digest: sha256:1")))
    assert not result.is_complete
    list(result.apply(Progress("", "Status: Painted x")))
    assert (result.is_complete, bool(result)) == (True, True)
    assert result.data() == {"image": "x", "digest": "sha256:1", "status": "Status: Painted x", "error": ""}


def test_an_error_makes_it_false() -> None:
    result = Painting()
    assert not list(result.apply(NotFound("no blue")))
    assert (bool(result), result.data()["error"]) == (False, "no blue")
