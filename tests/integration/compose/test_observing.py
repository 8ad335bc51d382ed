"""Tests of compose.observing."""

from __future__ import annotations

from pathlib import Path

from jupyter_containers.client import Client
from jupyter_containers.compose.observing import observe
from tests.integration.compose.conftest import Compose

FILE = "services: {a: {image: busybox, command: sleep 600, stop_grace_period: 0s}}"


def test_containers_are_found_by_their_labels(compose: Compose, client: Client, tmp_path: Path) -> None:
    compose("up", "-d", "--scale", "a=2", body=FILE)
    found = observe(client, "shop", ["busybox", "nobody/has/this"])
    assert [(one.service, one.number, one.is_running, one.is_oneoff) for one in found.of("a")] == [
        ("a", 1, True, False), ("a", 2, True, False),
    ]  # fmt: skip
    assert found.networks["shop_default"]["com.docker.compose.project"] == "shop"
    assert list(found.images) == ["busybox"]
    labels = found.of("a")[0].summary.labels
    assert labels["com.docker.compose.project.working_dir"] == str(tmp_path / "shop")
    assert labels["com.docker.compose.image"] == found.images["busybox"]
