"""A Compose file from a Python program: the same words as methods."""

from __future__ import annotations

from jupyter_containers import connect as connect_verbs
from tests.integration.compose.conftest import Compose
from tests.support.daemon import Daemon


def test_a_program_brings_a_project_up_and_down(compose: Compose, daemon: Daemon) -> None:
    body = "services: {web: {image: busybox, command: sleep 600, stop_grace_period: 0s}}"
    with connect_verbs(daemon.host) as containers:
        result = containers.compose.up(detach=True, project_name="shop", scale=["web=2"], body=body)
        assert [one.state for one in result.containers.values()] == ["running", "running"]
        assert [row[0] for row in containers.compose.ps(project_name="shop").rows] == ["shop-web-1", "shop-web-2"]
        assert containers.compose.exec("web", "echo", "hi", project_name="shop").stdout == "hi\n"
        assert "remove network shop_default" in containers.compose.down(project_name="shop").done
