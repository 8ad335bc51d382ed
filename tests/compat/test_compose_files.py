"""Debian's docker-compose and we read the same files as the same projects, and it finds the projects that we made.

What `docker-compose config` writes is read by us again: it must be what we read in the file itself.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_containers.client import connect
from jupyter_containers.commands import table
from jupyter_containers.commands.parsing import parse
from jupyter_containers.compose.configuration import configuration
from jupyter_containers.compose.images import BuildWishes, settings_of
from jupyter_containers.compose.model import Project
from jupyter_containers.compose.wire import container_body, endpoints
from tests.support.compose_files import project
from tests.support.daemon import Docker
from tests.support.front_double import SessionOn

Theirs = Callable[..., str]
VARIABLES = {"TAG": "7", "B": "from here"}

FILES = {
    "short forms": """
services:
  web:
    image: busybox:${TAG:-1}
    command: ["sh", "-c", "echo $$HOME"]
    environment: [A=1, B, EMPTY=]
    ports: ["8080-8081:80-81", "127.0.0.1:5000:5000/udp", "9000"]
    volumes: [./x:/x:ro, data:/data, /anon, ~/h:/h]
    networks: {front: {aliases: [x]}, back: }
    labels: [a=b]
    tmpfs: /run
    dns: 1.1.1.1
    extra_hosts: ["a:1.2.3.4"]
networks: {front: {}, back: {internal: true}}
volumes: {data: {}}
""",
    "limits and health": """
services:
  web:
    image: x
    deploy: {resources: {limits: {cpus: "0.5", memory: 64M}}}
    ulimits: {nofile: {soft: 1, hard: 2}, nproc: 10}
    healthcheck: {test: exit 0, interval: 1m30s, retries: 3, start_period: 5s}
    stop_grace_period: 1m
    stop_signal: SIGINT
    cap_add: [NET_ADMIN]
    cap_drop: [ALL]
    read_only: true
    init: true
    privileged: false
    sysctls: {net.core.somaxconn: "1024"}
    restart: on-failure:3
    logging: {driver: json-file, options: {max-size: "1m"}}
    shm_size: 64M
    mem_limit: 128M
    user: "1000:50"
    working_dir: /w
    entrypoint: /bin/sh -c
    expose: ["3000"]
  quiet: {image: x, healthcheck: {disable: true}}
""",
    "needs": """
services:
  web: {image: x, depends_on: {db: {condition: service_healthy}, job: {condition: service_completed_successfully}}}
  db: {image: y, depends_on: [job]}
  job: {image: z, network_mode: none}
""",
    "extends and files of variables": """
services:
  base: {image: x, environment: {A: base, C: base}, env_file: one.env, labels: {l: base}}
  web: {extends: {service: base}, environment: {A: web}, command: run}
  far: {extends: {file: other.yml, service: app}, command: ["a", "b"]}
""",
    "builds": """
services:
  web: {build: ./dir}
  api: {image: mine, build: {context: dir, dockerfile: Other, args: {A: 1, T: "$TAG"}, target: last}}
""",
    "names and places of others": """
name: shop
services: {web: {image: x, networks: [n], volumes: ["v:/v"], secrets: [s], configs: [{source: c, target: /c}]}}
networks: {n: {external: true, name: theirs}}
volumes: {v: {name: kept, driver: local, labels: {a: b}}}
secrets: {s: {file: ./s.txt}}
configs: {c: {file: ./c.txt}}
""",
    "anchors and fragments": """
x-base: &base {image: x, restart: always, environment: &env {A: "1"}}
services:
  one: {<<: *base, command: one}
  two: {<<: *base, environment: {<<: *env, B: "2"}}
""",
    "interpolation": """
services:
  web:
    image: "${NO:-x}:${TAG}"
    command: "${NO-default} ${EMPTY:-empty} $${TAG}"
    hostname: ${B:?must be set}
""",
}


@pytest.fixture
def theirs(tmp_path: Path) -> Theirs:
    """Run docker-compose in a folder called shop, without a daemon unless a host is given."""
    if shutil.which("docker-compose") is None:
        pytest.skip("docker-compose is not installed (package docker-compose)")
    folder = tmp_path / "shop"
    (folder / "dir").mkdir(parents=True)
    (folder / "one.env").write_text("C=file\nD=file\n")
    (folder / "other.yml").write_text("services: {app: {image: far, volumes: [./f:/f]}}\n")
    for name in ("s.txt", "c.txt", "dir/Dockerfile", "dir/Other"):
        (folder / name).write_text("FROM x\n")
    hidden = ("PYTHONPATH", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "DOCKER_CONTEXT", "COMPOSE_FILE")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}

    def run(*words: str, host: str = "unix:///nonexistent") -> str:
        given = {**environment, **VARIABLES, "EMPTY": "", "DOCKER_HOST": host, "DOCKER_CONFIG": "/nonexistent"}
        done = subprocess.run(
            ["docker-compose", "--no-ansi", *words], cwd=folder, env=given, timeout=100, capture_output=True, text=True,
            stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"docker-compose {' '.join(words)}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    return run


@pytest.mark.parametrize("name", FILES)
def test_both_read_the_same(theirs: Theirs, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "shop"
    # Its schema has no name at the top of a file.
    (folder / "docker-compose.yml").write_text(FILES[name].replace("name: shop\n", ""))
    written = theirs("config")
    variables = {**VARIABLES, "EMPTY": "", "HOME": os.environ["HOME"]}
    ours = project(FILES[name], folder=folder, variables=variables)
    again = project(written, folder=folder, variables=variables)
    assert requests(ours) == requests(again)
    assert configuration(ours).get("networks") == configuration(again).get("networks")
    assert configuration(ours).get("volumes") == configuration(again).get("volumes")


def requests(found: Project) -> dict[str, object]:
    """Return what would be asked of a daemon for each service."""
    names = {name: f"{name}-1" for name in found.services}
    return {
        name: (
            in_order(container_body(found, service, service.labels, names=names)),
            endpoints(found, service, name, names),
            service.build and settings_of(found, service, BuildWishes()), service.depends_on, service.grants,
        )
        for name, service in found.services.items()
    }  # fmt: skip


def in_order(body: dict[str, Any]) -> dict[str, Any]:
    """Return a request with its variables sorted, and without what is false, which is as if it were not there."""
    host = {name: value for name, value in body["HostConfig"].items() if value is not False}
    return {**body, "Env": sorted(body.get("Env", ())), "HostConfig": host}


@pytest.fixture
def ours(docker: Docker, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    with connect(docker.host) as client:
        session = SessionOn(client, folder=tmp_path / "shop", surface="shell")

        def run(*words: str) -> Any:
            command = table.find("compose", "shell")
            return command.action(session, parse(command, words, surface="shell", prog="x"))

        yield run
        run("down", "-v", "-t", "0", "--remove-orphans")


LIFE = """
version: "2.4"
services:
  web: {image: busybox, command: sh -c 'echo hello; exec sleep 600', depends_on: [db], stop_grace_period: 1s}
  db: {image: busybox, command: sleep 600, volumes: ["kept:/k"], stop_grace_period: 1s}
volumes: {kept: {}}
"""


def test_docker_compose_finds_what_we_have_made_and_ends_it(
    theirs: Theirs, ours: Callable[..., Any], docker: Docker, tmp_path: Path
) -> None:
    (tmp_path / "shop" / "docker-compose.yml").write_text(LIFE)
    ours("up", "-d")
    listed = theirs("ps", host=docker.host).splitlines()[2:]
    assert {line.split()[0] for line in listed} == {"shop-web-1", "shop-db-1"}
    assert all(" Up " in line for line in listed)
    assert "hello" in theirs("logs", "web", host=docker.host)
    assert theirs("exec", "-T", "web", "hostname", host=docker.host).strip()
    theirs("stop", "-t", "1", host=docker.host)
    assert ours("ps").rows == ()
    theirs("down", "-v", host=docker.host)
    assert docker("ps", "-aq", "--filter", "name=shop").stdout == ""
    assert docker("network", "ls", "-q", "--filter", "name=shop").stdout == ""
    assert docker("volume", "ls", "-q", "--filter", "name=shop").stdout == ""


def test_we_find_what_docker_compose_has_made_and_end_it(
    theirs: Theirs, ours: Callable[..., Any], docker: Docker, tmp_path: Path
) -> None:
    (tmp_path / "shop" / "docker-compose.yml").write_text(LIFE)
    theirs("up", "-d", host=docker.host)
    assert {row[0] for row in ours("ps").rows} == {"shop_web_1", "shop_db_1"}
    assert [row[0] for row in ours("ls").rows] == ["shop"]
    assert "web_1 | hello" in ours("logs", "web").stdout
    ours("down", "-v", "-t", "0")
    assert docker("ps", "-aq", "--filter", "name=shop").stdout == ""
    assert docker("network", "ls", "-q", "--filter", "name=shop").stdout == ""
    assert docker("volume", "ls", "-q", "--filter", "name=shop").stdout == ""
