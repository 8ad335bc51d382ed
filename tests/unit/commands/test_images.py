"""Tests of commands.images, on a daemon made of Python objects."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from jupyter_containers.client.values import ImageSummary
from jupyter_containers.commands import table
from jupyter_containers.commands.parsing import parse
from jupyter_containers.commands.results import Result
from tests.support.front_double import SessionOn

NOW = datetime.now(UTC)
IMAGES = [
    ImageSummary("sha256:" + "1" * 64, ("busybox:latest", "127.0.0.1:5000/b:1"), NOW, 1_982_434),
    ImageSummary("sha256:" + "2" * 64, (), NOW, 0),
]


def do(images: Any, *words: str) -> Result:
    command = table.find(words[0], "magic")
    session = SessionOn(SimpleNamespace(images=images))
    result = command.action(session, parse(command, words[1:], surface="magic", prog="x"))
    assert result is not None
    return result


def test_each_name_has_a_line() -> None:
    result = do(SimpleNamespace(list=lambda **_: IMAGES), "images")
    assert [line.split()[:3] for line in result.text().splitlines()[1:]] == [
        ["busybox", "latest", "111111111111"],
        ["127.0.0.1:5000/b", "1", "111111111111"],
        ["<none>", "<none>", "222222222222"],
    ]


def test_each_image_has_its_own_digest_though_the_repository_is_one() -> None:
    images = [
        ImageSummary(f"sha256:{n}", (f"b:{n}", f"other:{n}"), NOW, 1, digests=(f"b@sha256:d{n}",)) for n in range(2)
    ]
    result = do(SimpleNamespace(list=lambda **_: images), "images", "--digests")
    assert [line.split()[:3] for line in result.text().splitlines()[1:]] == [
        ["b", "0", "sha256:d0"], ["other", "0", "<none>"], ["b", "1", "sha256:d1"], ["other", "1", "<none>"],
    ]  # fmt: skip


def test_a_name_narrows_the_list() -> None:
    asked: dict[str, Any] = {}

    def list_(**query: Any) -> list[ImageSummary]:
        asked.update(query)
        return []

    do(SimpleNamespace(list=list_), "images", "--filter", "dangling=true", "busybox")
    assert asked["filters"] == {"dangling": ["true"], "reference": ["busybox"]}


def test_removing_and_naming_are_passed_on() -> None:
    asked: list[Any] = []
    images = SimpleNamespace(
        remove=lambda name, force, prune: asked.append((name, force, prune)),
        tag=lambda name, new: asked.append((name, new)),
    )
    assert do(images, "rmi", "-f", "a", "b").text() == "removed a, b"
    assert do(images, "tag", "a", "b:1").text() == "a is also called b:1"
    assert do(images, "rmi", "--no-prune", "c").text() == "removed c"
    assert asked == [("a", True, True), ("b", True, True), ("a", "b:1"), ("c", False, False)]


def test_digests_stand_beside_their_names() -> None:
    image = ImageSummary("sha256:1", ("r/b:1",), NOW, 0, digests=("r/b@sha256:99",))
    result = do(SimpleNamespace(list=lambda **_: [image]), "images", "--digests")
    assert result.text().splitlines()[1].split()[:3] == ["r/b", "1", "sha256:99"]
