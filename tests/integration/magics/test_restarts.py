"""A kernel that is started again finds the containers of its notebook."""

from __future__ import annotations

from pathlib import Path

from tests.support.api_client import Api
from tests.support.daemon import Daemon
from tests.support.notebook_kernel import running_kernel

LOAD = "%load_ext jupyter_containers"


def test_containers_are_found_again_after_a_restart(daemon: Daemon, api: Api, tidy: None, tmp_path: Path) -> None:
    place = {"DOCKER_HOST": daemon.host, "JPY_SESSION_NAME": "work/notebook.ipynb"}
    with running_kernel(tmp_path, **place) as kernel:
        assert kernel.run(LOAD).text == ""
        kernel.run("%container run -d --name web busybox sleep 1000")
        kernel.run("%container run -d --name over busybox true")
        # A command that is waited for, and its kernel ends.
        request = kernel.begin("%container run --name data busybox sh -c 'echo ready; sleep 1000'")
        kernel.finish(request, until="ready")
    with running_kernel(tmp_path, **place) as kernel:
        assert kernel.run(LOAD).text.strip() == "2 containers of this notebook are still running: data, web"
        shown = kernel.run("%container ps").text
        assert "web" in shown
        assert "data" in shown
    with running_kernel(tmp_path, **{**place, "JPY_SESSION_NAME": "another.ipynb"}) as kernel:
        assert kernel.run(LOAD).text == ""
