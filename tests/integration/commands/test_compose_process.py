"""Tests of commands.compose_process."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from jupyter_containers.client import Client
from jupyter_containers.commands.run_result import CommandFailed
from jupyter_containers.errors import NotFound
from tests.integration.commands.test_attach_in_a_shell import environment, read_until
from tests.integration.compose.conftest import Compose, client, compose, session
from tests.support.daemon import Daemon

__all__ = ["client", "compose", "session"]

FILE = """
services:
  web:
    image: busybox
    command: sh -c 'mkdir /w; echo page >/w/index.html; exec httpd -f -p 80 -h /w'
    environment: {WORD: hello}
    stop_grace_period: 0s
    healthcheck: {test: wget -qO- http://127.0.0.1/, interval: 1s, start_interval: 100ms, start_period: 20s}
  tool:
    image: busybox
    profiles: [tools]
    depends_on: {web: {condition: service_healthy}}
    environment: {WORD: tool}
    configs: [{source: c, target: /c}]
    ports: ["80"]
configs: {c: {content: "given\\n"}}
"""


def test_a_process_in_a_container_of_a_service(compose: Compose, client: Client) -> None:
    compose("up", "-d", "--scale", "web=2", body=FILE)
    assert compose("exec", "web", "sh", "-c", "echo $WORD").stdout == "hello\n"
    assert compose("exec", "web", body='read word; echo "$WORD"\n').exit_code == 0
    names = [compose("exec", "--index", str(number), "web", "hostname").stdout.strip() for number in (1, 2)]
    assert names == [client.containers.inspect(f"shop-web-{number}")["Id"][:12] for number in (1, 2)]
    with pytest.raises(CommandFailed, match="exit code 3"):
        compose("exec", "web", "sh", "-c", "exit 3")
    with pytest.raises(NotFound, match="no container of web number 7 runs in shop"):
        compose("exec", "--index", "7", "web", "true")
    with pytest.raises(NotFound, match="no service 'wep' in shop; did you mean web"):
        compose("exec", "wep", "true")


def test_one_more_container_waits_for_what_it_needs_and_goes(compose: Compose, client: Client) -> None:
    compose("config", "-q", body=FILE)
    result = compose("run", "-e", "MORE=1", "tool", "sh", "-c", "echo $WORD $MORE; cat /c; wget -qO- http://web/")
    assert result.stdout == "tool 1\ngiven\npage\n"
    assert [one.name for one in client.containers.list(every=True) if one.name.startswith("shop")] == ["shop-web-1"]
    assert compose("run", "--no-deps", "tool", body="echo in a script; hostname >/dev/null").stdout == "in a script\n"
    with pytest.raises(CommandFailed, match="exit code 4"):
        compose("run", "--no-deps", "tool", "sh", "-c", "exit 4")


def test_a_run_leaves_the_service_itself_alone(compose: Compose, client: Client) -> None:
    compose("up", "-d", "web", body=FILE)
    before = client.containers.inspect("shop-web-1")["Id"]
    assert compose("run", "web", "echo", "once").stdout == "once\n"
    assert client.containers.inspect("shop-web-1")["Id"] == before
    assert client.containers.inspect(before)["State"]["Running"] is True


def test_its_user_folder_and_volumes(compose: Compose) -> None:
    compose("config", "-q", body=FILE)
    words = ("--no-deps", "-u", "1000", "-w", "/tmp", "-v", "/nameless", "--entrypoint", "sh")
    result = compose("run", *words, "tool", "-c", "id -u; pwd; ls -d /nameless")
    assert result.stdout == "1000\n/tmp\n/nameless\n"


def test_a_run_with_configs_has_the_terminal_of_its_shell(daemon: Daemon, compose: Compose, tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(FILE)
    ours, theirs = pty.openpty()
    words = ("compose", "-p", "shop", "run", "--rm", "--no-deps", "tool", "sh", "-c", "tty; cat /c; read x; exit $x")
    process = subprocess.Popen(
        [sys.executable, "-m", "jupyter_containers", *words],
        stdin=theirs, stdout=theirs, stderr=theirs, cwd=tmp_path, env=environment(daemon),
    )  # fmt: skip
    os.close(theirs)
    try:
        assert b"/dev/pts/0\r\n" in read_until(ours, b"given\r\n")
        os.write(ours, b"5\n")
        assert process.wait(20) == 5
    finally:
        process.kill()
        process.wait()
        os.close(ours)
