"""The same with docker: what a student can type elsewhere."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from jupyter_containers.client.run_settings import RunSettings
from jupyter_containers.commands import parsing, table
from jupyter_containers.commands.command import chosen
from jupyter_containers.commands.docker_line import docker_line
from jupyter_containers.commands.run_arguments import run_settings
from jupyter_containers.commands.safety import hardened


def line(words: str, body: str = "", surface: str = "magic") -> str:
    name, *rest = shlex.split(words)
    command = table.find(name, surface)
    options = parsing.parse(command, rest, surface=surface, prog="x")
    group = name if command.verbs else ""
    return docker_line(chosen(command, options), options, body, surface=surface, group=group)


@pytest.mark.parametrize(
    ("ours", "docker"),
    [
        ("run --trace busybox echo 'a b'", "docker run --rm --init busybox echo 'a b'"),
        ("run -m 64m -p 8080:80 busybox", "docker run --rm --init -p 8080:80/tcp -m 64m busybox"),
        ("run -p 127.0.0.1::80/udp busybox", "docker run --rm --init -p 127.0.0.1::80/udp busybox"),
        ("run --bg web busybox", "docker run -d --name web busybox"),
        ("run --name a -e A=1 -e B=2 busybox", "docker run --init --name a -e A=1 -e B=2 busybox"),
        ("run -i x -o y --timeout 3 busybox true", "docker run --rm --init busybox true"),
        ("run --keep busybox", "docker run --init busybox"),
        ("exec -w /tmp web -- ls -l", "docker exec -w /tmp web ls -l"),
        ("ps -a", "docker ps -a"),
        ("rmi a b", "docker rmi a b"),
        ("network create --internal back", "docker network create --internal back"),
        ("container ls -a", "docker container ls -a"),
        ("run --no-init busybox", "docker run --rm busybox"),
        ("compose ps", "docker compose ps"),
        ("compose -p shop up -d --scale web=2 web", "docker compose -p shop up -d --scale web=2 web"),
        ("compose logs -f --profile p web", "docker compose --profile p logs -f web"),
        ("compose exec web ls -l", "docker compose exec web ls -l"),
        ("compose build --no-cache", "docker compose build --no-cache"),
        (
            "compose run --project-name shop -p 80 web",
            "docker compose --project-name shop run --rm -p 80 web",
        ),
        (
            "run --keep --health-interval 5s --memory-swap 64m busybox",
            "docker run --init --memory-swap 64m --health-interval 5000000000ns busybox",
        ),
        ("doctor", ""),
        ("dashboard", ""),
        ("config", ""),
        ("registry serve", ""),
        ("layers busybox", ""),
        ("image layers busybox", ""),
        ("image diff busybox debian", ""),
        ("diff busybox debian", ""),
        ("diff web", "docker diff web"),
        ("container diff web", "docker container diff web"),
        ("image bootstrap debian:bookworm", ""),
    ],
)
def test_a_command_has_a_line(ours: str, docker: str) -> None:
    assert line(ours) == docker


def test_a_script_for_a_service_is_a_command() -> None:
    assert line("compose exec web", "echo hi\n") == "docker compose exec web sh -c 'echo hi\n'"


def test_safe_is_spelled_out() -> None:
    assert "--network none" in line("run --safe busybox")
    assert "--cap-drop ALL" in line("run --safe busybox")


def test_a_shell_removes_nothing_by_itself() -> None:
    assert line("run busybox true", surface="shell") == "docker run busybox true"


def test_a_script_is_an_argument_and_input_is_input() -> None:
    assert line("run busybox", "echo $HOME\n") == "docker run --rm --init busybox sh -c 'echo $HOME\n'"
    assert line("run busybox wc -l", "one\ntwo\n") == "docker run --rm --init -i busybox wc -l <<'EOF'\none\ntwo\nEOF"
    assert line("python python:3", "1 + 1\n") == "docker run --rm --init python:3 python3 -c '1 + 1\n'"


def test_a_safe_run_is_told_as_what_is_asked_for() -> None:
    command = table.find("run", "shell")
    told = shlex.split(line("run --safe busybox"))[2:]
    options = parsing.parse(command, told, surface="shell", prog="x")
    settings, _ = run_settings(options, "", is_magic=False, folder=Path("/"))
    asked = hardened(RunSettings("busybox")).to_wire()["HostConfig"]
    assert settings.to_wire()["HostConfig"] == {**asked, "Init": True, "AutoRemove": True}


def test_a_dockerfile_in_a_cell_is_read_from_standard_input() -> None:
    assert line("build -t app", "FROM x\nRUN y\n") == "docker build -t app -f - . <<'EOF'\nFROM x\nRUN y\nEOF"
    assert line("build -t app folder") == "docker build -t app folder"


def test_a_password_is_not_repeated() -> None:
    assert line("login -u me -p geheim host:5000", surface="shell") == "docker login -u me --password-stdin host:5000"


def test_a_compose_file_in_a_cell_is_read_from_standard_input() -> None:
    assert line("compose up -d", "services: {}\n") == "docker compose -f - up -d <<'EOF'\nservices: {}\nEOF"


def test_the_host_image_is_remarked_upon() -> None:
    assert line("run host true").splitlines()[1].startswith("# host is this machine's own root file system")
    assert line("build -t x", "FROM host\nRUN true\n").endswith("docker has no image like it")
    assert "#" not in line("build -t x", "FROM busybox\n")
