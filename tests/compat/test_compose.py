"""Docker Compose: a web server behind a database that must be healthy, a cache, two networks, a volume."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.daemon import Docker
from tests.support.eventually import eventually

PROJECT = "jctest"
FILE = """
version: "2.4"
services:
  web:
    image: busybox
    command: ["sh", "-c", "mkdir -p /www && echo from $$ROLE >/www/index.html && exec httpd -f -p 80 -h /www"]
    environment: {ROLE: web}
    depends_on:
      database: {condition: service_healthy}
      cache: {condition: service_started}
    networks: [front, back]
    ports: ["127.0.0.1::80"]
    labels: {team: tests}
    stop_grace_period: 1s
  cache:
    image: busybox
    command: ["sh", "-c", "echo cache is up; while true; do echo cached | nc -l -p 6379; done"]
    networks: [back]
    stop_grace_period: 1s
  database:
    image: busybox
    command: ["sh", "-c", "usleep 300000; echo stored >/data/ready; exec sleep 600"]
    volumes: ["stored:/data"]
    networks: {back: {aliases: [db]}}
    healthcheck: {test: ["CMD", "test", "-e", "/data/ready"], interval: 1s, timeout: 5s, retries: 30}
    stop_grace_period: 1s
networks: {front: {}, back: {internal: true}}
volumes: {stored: {}}
"""

BUILT = """
version: "2.4"
services:
  job:
    build: {context: ., args: {WORD: hello}, network: none}
    command: ["sh", "-c", "cat /word; usleep 500000; echo the job ends; exit 3"]
  server:
    image: busybox
    command: ["sh", "-c", "echo the server begins; exec sleep 600"]
    stop_grace_period: 1s
    depends_on: [job]
"""
DOCKERFILE = """
FROM busybox
ARG WORD
RUN echo $WORD >/word
"""

Compose = Callable[..., str]


@pytest.fixture
def compose(docker: Docker, tmp_path: Path) -> Iterator[Compose]:
    """Run docker-compose with the file; whatever it made is gone afterwards."""
    if shutil.which("docker-compose") is None:
        pytest.skip("docker-compose is not installed (package docker-compose)")
    (tmp_path / "docker-compose.yml").write_text(FILE)
    # It is Debian's Python that runs it: what the tests' own Python has must not get in its way.
    hidden = ("PYTHONPATH", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "DOCKER_CONTEXT", "COMPOSE_FILE")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    environment |= {"DOCKER_HOST": docker.host, "DOCKER_CONFIG": "/nonexistent", "COMPOSE_DOCKER_CLI_BUILD": "0"}

    def run(*words: str, code: int = 0) -> str:
        done = subprocess.run(
            ["docker-compose", "--no-ansi", "-p", PROJECT, *words], cwd=tmp_path, env=environment, timeout=100,
            capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        assert done.returncode == code, (
            f"docker-compose {' '.join(words)}: {done.returncode}\n{done.stdout}{done.stderr}"
        )
        return done.stdout

    yield run
    run("down", "-v", "-t", "1", "--rmi", "local")
    assert docker("network", "ls", "-q", "--filter", f"name={PROJECT}").stdout == ""
    assert docker("volume", "ls", "-q", "--filter", f"name={PROJECT}").stdout == ""


def ids(compose: Compose, *services: str) -> list[str]:
    return compose("ps", "-q", *services).split()


def state(docker: Docker, container: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(docker("inspect", container).stdout)[0]["State"]
    return found


def test_the_whole_life_of_a_project(docker: Docker, compose: Compose) -> None:
    began = time.time()
    compose("up", "-d")
    web, cache, database = (ids(compose, name)[0] for name in ("web", "cache", "database"))
    health = state(docker, database)["Health"]
    assert isinstance(health, dict)
    assert health["Status"] == "healthy"
    # The log keeps five probes; events tell what came first.
    words = ("--since", str(began), "--until", str(time.time()), "--format", "{{.Action}} {{.ID}}")
    happened = docker("events", "--filter", "type=container", *words).stdout.splitlines()
    assert happened.index(f"health_status: healthy {database}") < happened.index(f"start {web}")
    # Its other columns may be broken into several lines.
    listed = {line.split()[0] for line in compose("ps").splitlines() if line.startswith(PROJECT)}
    assert listed == {f"{PROJECT}_{name}_1" for name in ("web", "cache", "database")}
    # Nothing has changed: nothing is made again.
    compose("up", "-d")
    assert set(ids(compose)) == {web, cache, database}
    assert "cache is up" in compose("logs", "cache")
    # Our own verbs say of its project what it says itself.
    ours = [sys.executable, "-m", "jupyter_containers", "compose", "-p", PROJECT]
    environment = {**os.environ, "DOCKER_HOST": docker.host}
    for words in (("port", "web", "80"), ("images", "-q", "web")):
        done = subprocess.run([*ours, *words], env=environment, cwd="/", capture_output=True, text=True, check=True)
        assert done.stdout.split()[0].removeprefix("sha256:") == compose(*words).strip()


def test_services_reach_each_other_by_name_on_their_networks(docker: Docker, compose: Compose) -> None:
    compose("up", "-d")
    assert compose("exec", "-T", "database", "wget", "-qO-", "http://web/") == "from web\n"
    assert compose("exec", "-T", "web", "nc", "-w", "5", "cache", "6379") == "cached\n"
    (database,) = ids(compose, "database")
    address = docker(
        "inspect", "-f", f'{{{{(index .NetworkSettings.Networks "{PROJECT}_back").IPAddress}}}}', database
    ).stdout.strip()
    for name in ("db", "database", f"{PROJECT}_database_1", database[:12]):
        assert f"({address})" in compose("exec", "-T", "web", "ping", "-c", "1", "-W", "2", name).splitlines()[0]
    # The published port is this host's.
    port = compose("port", "web", "80").strip()
    fetched = docker("run", "--rm", "--network", "host", "busybox", "wget", "-qO-", f"http://{port}/").stdout
    assert fetched == "from web\n"


def test_services_grow_shrink_stop_and_keep_their_data(docker: Docker, compose: Compose) -> None:
    compose("up", "-d")
    compose("up", "-d", "--scale", "cache=3")
    assert len(ids(compose, "cache")) == 3
    compose("up", "-d", "--scale", "cache=1")
    assert len(ids(compose, "cache")) == 1
    compose("exec", "-T", "database", "sh", "-c", "echo more >/data/kept")
    compose("restart", "-t", "1", "database")
    compose("stop", "-t", "1")
    assert all(state(docker, one)["Status"] == "exited" for one in ids(compose))
    compose("start")
    assert compose("exec", "-T", "database", "cat", "/data/kept") == "more\n"
    compose("rm", "-s", "-f", "web")
    assert ids(compose, "web") == []
    assert compose("run", "--rm", "-T", "web", "sh", "-c", "echo $ROLE once") == "web once\n"


def test_a_project_is_watched_and_its_end_is_told(docker: Docker, compose: Compose, tmp_path: Path) -> None:
    compose("up", "-d", "cache")
    (cache,) = ids(compose, "cache")
    assert "nc -l -p 6379" in compose("top", "cache")
    compose("pause", "cache")
    assert state(docker, cache)["Paused"] is True
    compose("unpause", "cache")
    compose("kill", "cache")
    eventually(lambda: state(docker, cache)["Status"] == "exited")
    assert state(docker, cache)["ExitCode"] == 137
    assert "Exit 137" in compose("ps", "cache")


def test_what_is_built_runs_in_the_foreground_and_its_code_is_the_projects(compose: Compose, tmp_path: Path) -> None:
    (tmp_path / "docker-compose.yml").write_text(BUILT)
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    said = compose("up", "--exit-code-from", "job", "--build", code=3)
    for line in ("hello", "the job ends", "the server begins"):
        assert line in said
    assert "exited with code 3" in said
    assert compose("run", "--rm", "-T", "job", "cat", "/word") == "hello\n"
    assert "Exit 3" in compose("ps", "job")
