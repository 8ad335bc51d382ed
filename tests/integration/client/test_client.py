"""Tests of client.client."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_containers.client import connect
from jupyter_containers.errors import NotFound, Unavailable
from tests.support.daemon import Daemon


def test_docker_host_leads_to_the_daemon(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", daemon.host)
    said: list[str] = []
    with connect(say=said.append) as client:
        assert repr(client) == f"Client('{daemon.host}')"
        assert client.system.version()["Version"]
    assert said == []


def test_a_daemon_that_does_not_answer_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="cannot connect to the daemon"):
        connect(f"unix://{tmp_path}/none")
    with pytest.raises(NotFound, match="no docker context 'nowhere'"):
        connect("nowhere")
