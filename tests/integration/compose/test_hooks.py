"""Tests of compose.hooks."""

from __future__ import annotations

import pytest

from jupyter_containers.errors import ContainersError
from tests.integration.compose.conftest import Compose


def test_hooks_run_in_containers(compose: Compose) -> None:
    body = """
services:
  a:
    image: busybox
    command: sleep 600
    stop_grace_period: 0s
    post_start: [{command: [sh, -c, "echo $$WORD >/begun"], environment: [WORD=hello]}]
    volumes: [d:/d]
    pre_stop: [{command: touch /d/stopped}]
volumes: {d: }
"""
    compose("up", "-d", body=body)
    assert compose("exec", "a", "cat", "/begun").stdout == "hello\n"
    compose("stop", body=body)
    assert compose("run", "--no-deps", "a", "ls", "/d").stdout == "stopped\n"
    for words in (("restart", "-t", "0"), ("up", "-d", "--force-recreate"), ("rm", "-s")):
        compose("up", "-d", body=body)
        compose("exec", "a", "rm", "-f", "/d/stopped")
        compose(*words, body=body)
        assert compose("run", "--no-deps", "a", "ls", "/d").stdout == "stopped\n", words
    with pytest.raises(ContainersError, match="post_start of a: false ended with exit code 1"):
        compose("up", "-d", body=body.replace('[sh, -c, "echo $$WORD >/begun"]', "'false'"))
