"""Tests of commands.pull_result."""

from __future__ import annotations

from jupyter_containers.client.values import Progress
from jupyter_containers.commands.pull_result import PullResult
from jupyter_containers.errors import NotFound


def test_each_layer_has_its_last_word() -> None:
    result, said = PullResult("x"), []
    for event in (
        Progress("latest", "Pulling from library/x"),
        Progress("abc", "Downloading", 10, 100),
        Progress("abc", "Downloading", 60, 100),
        Progress("def", "Waiting"),
        Progress("abc", "Pull complete"),
        Progress("", "Digest: sha256:1"),
        Progress("", "Status: Downloaded newer image for x:latest"),
    ):
        said += [text for _, text in result.apply(event)]
    assert "".join(said).splitlines() == [
        "Pulling from library/x",
        "abc: Downloading",
        "def: Waiting",
        "abc: Pull complete",
        "Digest: sha256:1",
        "Status: Downloaded newer image for x:latest",
    ]
    assert result.text() == "abc: Pull complete\ndef: Waiting\nDownloaded newer image for x:latest"
    assert result.digest == "sha256:1"
    assert result


def test_how_far_a_layer_is_can_be_seen() -> None:
    result = PullResult("x")
    list(result.apply(Progress("abc", "Downloading", 500_000, 2_000_000)))
    assert result.text() == "abc: Downloading 500kB of 2MB\nPulling x"


def test_a_pull_that_failed_is_false() -> None:
    result = PullResult("x")
    list(result.apply(NotFound("no such thing")))
    assert not result
    assert (result.summary(), result.data()["error"]) == ("could not pull x", "no such thing")
