"""Tests of compose.operations."""

from __future__ import annotations

from jupyter_containers.compose.model import Dependency, Service
from jupyter_containers.compose.operations import BuildImage, PullImage, StartContainer

WEB = Service("web", "shop-web")


def test_operations_say_what_they_do() -> None:
    assert BuildImage(WEB).describe() == "build image shop-web for web"
    assert PullImage(WEB).describe() == "pull image shop-web for web"


def test_a_start_says_what_it_waits_for() -> None:
    needs = (
        Dependency("db", "service_healthy"), Dependency("job", "service_completed_successfully"), Dependency("other"),
    )  # fmt: skip
    assert StartContainer(WEB, "shop-web-1", needs).describe() == (
        "start container shop-web-1 when db is healthy and job has completed"
    )
    assert StartContainer(WEB, "shop-web-1", (Dependency("other"),)).describe() == "start container shop-web-1"
