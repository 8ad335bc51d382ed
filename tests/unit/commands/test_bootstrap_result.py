"""Tests of commands.bootstrap_result."""

from __future__ import annotations

from jupyter_containers.client.values import Progress
from jupyter_containers.commands.bootstrap_result import BootstrapResult
from jupyter_containers.errors import NotFound

HEAD = Progress("", "Taking 3 packages, 1.0 MB")


def told(*events: object) -> tuple[BootstrapResult, list[str]]:
    result = BootstrapResult("debian:x")
    said = [text for event in events for _, text in result.apply(event)]
    return result, said


def test_packages_are_counted_by_how_far_they_are() -> None:
    result, said = told(
        HEAD,
        *(Progress(name, "Waiting") for name in "abcd"),
        Progress("b", "Downloading", 500_000, 2_000_000),
        Progress("c", "Unpacked"),
        Progress("d", "Unpacked"),
        Progress("d", "Configured"),
    )
    assert result.counts() == {"downloaded": 2, "unpacked": 2, "configured": 1}
    assert result.text() == (
        "Taking 3 packages, 1.0 MB\n"
        "4 packages: 2 downloaded, 2 unpacked, 1 configured; coming: b 500kB of 2MB"
    )  # fmt: skip
    assert "".join(said).splitlines() == [
        "Taking 3 packages, 1.0 MB", "c: Unpacked", "d: Unpacked", "d: Configured",
    ]  # fmt: skip
    assert not result.is_complete


def test_what_was_made_is_told() -> None:
    result, _ = told(HEAD, Progress("", "Digest: sha256:1"), Progress("", ""), Progress("", "Status: Made debian:x"))
    assert (result.summary(), result.digest, bool(result), result.is_complete) == (
        "Made debian:x",
        "sha256:1",
        True,
        True,
    )
    assert result.text() == "Made debian:x"
    assert result.data()["digest"] == "sha256:1"


def test_one_that_failed_is_false() -> None:
    result, _ = told(Progress("a", "Waiting"), NotFound("no such suite"))
    assert not result
    assert result.text() == "1 packages: 0 downloaded, 0 unpacked, 0 configured\ncould not make debian:x"
    assert result.data()["error"] == "no such suite"
